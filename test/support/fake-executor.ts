import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunManifest, RunRequest, SliceSettled } from '../../shared/protocol/wire.ts';
import { freePort } from './free-port.ts';
import { TEST_TOKEN } from './given-executor.ts';

/** What to do with a run request: `unclear` hangs up without an answer, `silent` never answers. */
export type RunBehaviour = 'accept' | 'refuse' | 'unclear' | 'silent';

/** An executor's wire, driven by a test: real HTTP on loopback, no handler behind it. */
export interface FakeExecutor {
  readonly address: string;
  /** Every run request that came in, repeats too. */
  readonly requests: RunRequest[];
  readonly kills: { jobId: number; logId?: number }[];
  behave: RunBehaviour | ((request: RunRequest) => RunBehaviour);
  /** Called for each accepted request; the default does nothing: the test reports by itself. */
  onRun: (request: RunRequest) => void | Promise<void>;
  /** Registers and goes on beating until it dies, leaves or is made quiet. Gives the answer to the first message. */
  register(incarnation?: string): Promise<Envelope>;
  unregister(): Promise<Envelope>;
  /** No beats any more, as when it hangs or is cut off. */
  quiet(): void;
  /** Resolves with the next run request that is not taken yet and fits. */
  nextRun(fits?: (request: RunRequest) => boolean): Promise<RunRequest>;
  report(request: RunRequest, outcome?: { code?: number; msg?: string; result?: unknown }): Promise<Envelope>;
  manifest(message: RunManifest): Promise<Envelope>;
  settled(slices: readonly SliceSettled[]): Promise<Envelope>;
  post(verb: string, body: unknown, headers?: Record<string, string>): Promise<Envelope>;
  /** The process dies: its port is closed, open connections are cut. */
  die(): Promise<void>;
  /** A new process at the same address. */
  rise(): Promise<void>;
}

export interface Envelope {
  readonly code: number;
  readonly msg: string | null;
}

const BEAT_MS = 150;

export async function givenFakeExecutor(options: {
  schedulerUrl: () => string;
  group?: string;
}): Promise<FakeExecutor> {
  const requests: RunRequest[] = [];
  const taken = new Set<RunRequest>();
  const waiting: { fits: (request: RunRequest) => boolean; resolve: (request: RunRequest) => void }[] = [];
  const group = options.group ?? 'orders';
  let incarnation = 'first';
  let server: Server;
  let port = 0;
  let beating: NodeJS.Timeout | undefined;

  const executor: FakeExecutor = {
    get address() {
      return `http://127.0.0.1:${port}/`;
    },
    requests,
    kills: [],
    behave: 'accept',
    onRun: () => undefined,
    register(next = incarnation) {
      incarnation = next;
      executor.quiet();
      beating = setInterval(() => {
        // While the scheduler is away a beat is lost, as in life.
        executor.post('registry', registration()).catch(() => undefined);
      }, BEAT_MS);
      return executor.post('registry', registration());
    },
    unregister() {
      executor.quiet();
      return executor.post('registryRemove', registration());
    },
    quiet: () => clearInterval(beating),
    nextRun(fits = () => true) {
      const there = requests.find((request) => !taken.has(request) && fits(request));
      if (there !== undefined) {
        taken.add(there);
        return Promise.resolve(there);
      }
      return new Promise((resolve) => waiting.push({ fits, resolve }));
    },
    report: (request, { code = 200, msg = 'ok', result } = {}) =>
      executor.post('callback', [
        {
          logId: request.logId,
          logDateTim: request.logDateTime,
          handleCode: code,
          handleMsg: msg,
          ...(result === undefined ? {} : { result: JSON.stringify(result) }),
        },
      ]),
    manifest: (message) => executor.post('run-manifest', message),
    settled: (slices) => executor.post('slices-settled', { slices }),
    async post(verb, body, headers = { 'xxl-job-access-token': TEST_TOKEN }) {
      const response = await fetch(`${options.schedulerUrl()}api/${verb}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      if (response.status !== 200) throw new Error(`${verb} answered HTTP ${response.status}`);
      return (await response.json()) as Envelope;
    },
    async die() {
      executor.quiet();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async rise() {
      server = await listen(port, serve);
      port = (server.address() as AddressInfo).port;
    },
  };

  const registration = () => ({
    registryGroup: 'EXECUTOR',
    registryKey: group,
    registryValue: executor.address,
    incarnation,
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString() || 'null') as unknown;
    const answer = (code: number, msg: string) => response.end(JSON.stringify({ code, msg }));
    switch (request.url) {
      case '/beat':
        answer(200, 'Success');
        break;
      case '/kill':
        executor.kills.push(body as { jobId: number; logId?: number });
        answer(200, 'Success');
        break;
      case '/run':
        await takeRun(body as RunRequest, answer, response);
        break;
      default:
        answer(500, `invalid request, uri-mapping(${request.url}) not found.`);
    }
  }

  async function takeRun(
    run: RunRequest,
    answer: (code: number, msg: string) => void,
    response: ServerResponse,
  ): Promise<void> {
    const behaviour = typeof executor.behave === 'function' ? executor.behave(run) : executor.behave;
    requests.push(run);
    const waiter = waiting.findIndex((each) => each.fits(run));
    if (waiter >= 0) {
      taken.add(run);
      waiting.splice(waiter, 1)[0]?.resolve(run);
    }
    if (behaviour === 'refuse') answer(500, 'job handler [none] not found.');
    if (behaviour === 'unclear') response.destroy();
    if (behaviour === 'accept') {
      answer(200, 'Success');
      await executor.onRun(run);
    }
  }

  // One that nobody takes while it is dead.
  port = await freePort();
  await executor.rise();
  return executor;
}

function listen(
  port: number,
  serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      serve(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
