import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { LOOPBACK_ONLY } from '../../../../scheduler/dispatch/http-allowed-networks.ts';
import { createHttpExecutorClient } from '../../../../scheduler/dispatch/http-executor-client.ts';

const TOKEN = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
const CONTACT = { appName: 'orders', tokens: [TOKEN], runPath: null, signs: false };
const request = { jobId: 1, executorHandler: 'debit', logId: 7, logDateTime: 0 };

async function givenServer(listener: RequestListener) {
  const requests: { url: string | undefined; headers: NodeJS.Dict<string | string[]> }[] = [];
  const server = createServer((incoming, response) => {
    requests.push({ url: incoming.url, headers: incoming.headers });
    incoming.resume();
    listener(incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(async () => {
    await close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests, close };
}

const answering = (code: number, msg: string): RequestListener => {
  return (_incoming, response) => response.end(JSON.stringify({ code, msg }));
};
function givenClient(allowedNetworks: readonly string[] = LOOPBACK_ONLY) {
  const client = createHttpExecutorClient({
    directory: { contact: async () => CONTACT, learnPath: async () => undefined },
    timeoutMs: 300,
    allowedNetworks,
  });
  onTestFinished(() => client.close());
  return client;
}
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a run request', () => {
  test('carries the token and the appname, and 200 means that it is queued', async () => {
    const server = await givenServer(answering(200, 'Success'));
    expect(await givenClient().run(server.address, request)).toEqual({ kind: 'accepted' });
    expect(server.requests[0]?.headers).toMatchObject({
      'xxl-job-access-token': TOKEN,
      'xxl-job-appname': 'orders',
    });
  });

  test('that the executor knows already is accepted', async () => {
    const server = await givenServer(answering(500, 'repeate trigger job, logId:7'));
    expect(await givenClient().run(server.address, request)).toEqual({ kind: 'accepted' });
  });

  test('that is answered with no is refused, in its words', async () => {
    const server = await givenServer(answering(500, 'job handler [debit] not found.'));
    expect(await givenClient().run(server.address, request)).toEqual({
      kind: 'refused',
      why: 'job handler [debit] not found.',
    });
  });

  test('goes to /trigger where there is no /run', async () => {
    const server = await givenServer((incoming, response) => {
      const known = incoming.url === '/trigger';
      const msg = known ? 'Success' : 'invalid request, uri-mapping(/run) not found.';
      response.end(JSON.stringify({ code: known ? 200 : 500, msg }));
    });
    expect(await givenClient().run(server.address, request)).toEqual({ kind: 'accepted' });
    expect(server.requests.map((each) => each.url)).toEqual(['/run', '/trigger']);
  });

  test('to a closed port certainly did not arrive', async () => {
    const server = await givenServer(answering(200, 'Success'));
    await server.close();
    expect((await givenClient().run(server.address, request)).kind).toBe('unreachable');
  });

  test.each<[string, RequestListener]>([
    ['silence', () => undefined],
    ['a cut connection', (_incoming, response) => void response.destroy()],
    ['half an answer', (_incoming, response) => void response.end('{"code": 20')],
    ['no envelope', (_incoming, response) => void response.end('"yes"')],
    ['another status', (_incoming, response) => void response.writeHead(503).end('{"code":200}')],
    ['an answer without end', (_incoming, response) => void response.write('x'.repeat(2_000_000))],
  ])('that meets %s may have arrived', async (_what, listener) => {
    const server = await givenServer(listener);
    expect((await givenClient().run(server.address, request)).kind).toBe('unclear');
  });

  test('whose answer trickles ends with the timeout all the same', async () => {
    const server = await givenServer((_incoming, response) => {
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    });
    // It trickles for ever: without the timeout this would, too.
    expect((await givenClient().run(server.address, request)).kind).toBe('unclear');
  });
});

describe('the token never goes elsewhere', () => {
  test('by a redirect', async () => {
    const elsewhere = await givenServer(answering(200, 'Success'));
    const server = await givenServer((_incoming, response) => {
      response.writeHead(307, { location: `${elsewhere.address}run` }).end();
    });
    expect((await givenClient().run(server.address, request)).kind).toBe('unclear');
    expect(elsewhere.requests).toEqual([]);
  });

  test("by the environment's proxy", async () => {
    const proxy = await givenServer(answering(200, 'Success'));
    const server = await givenServer(answering(200, 'Success'));
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) vi.stubEnv(name, proxy.address);
    vi.stubEnv('NO_PROXY', '');
    vi.stubEnv('no_proxy', '');
    expect(await givenClient().run(server.address, request)).toEqual({ kind: 'accepted' });
    expect([proxy.requests.length, server.requests.length]).toEqual([0, 1]);
  });

  test.each(['127.0.0.1', 'localhost'])('to %s when that lies outside the allowed networks', async (host) => {
    const server = await givenServer(answering(200, 'Success'));
    const address = server.address.replace('127.0.0.1', host);
    expect((await givenClient(['10.0.0.0/8']).run(address, request)).kind).toBe('unreachable');
    expect(server.requests).toEqual([]);
  });
});

// As the executors of these versions answer when they have nothing of the job, to the letter.
test.each([
  ['2.2 and 2.4', '{"code":200,"msg":"job thread already killed."}', 'not_there'],
  ['3.2', '{"code":200,"msg":"Success","content":"job thread already killed."}', 'not_there'],
  ['3.3', '{"code":200,"msg":"Success","data":"job thread already killed."}', 'not_there'],
  ['2.4, with something to kill', '{"code":200}', 'told'],
  ['3.2, with something to kill', '{"code":200,"msg":"Success"}', 'told'],
])('a kill as xxl-job %s answers it', async (_, text, answer) => {
  const server = await givenServer((_incoming, response) => response.end(text));
  expect(await givenClient().kill({ address: server.address, jobId: 7, logId: 91 })).toBe(answer);
});
