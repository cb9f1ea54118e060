import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { HttpSchedulerClientOptions } from './http-scheduler-options.ts';
import { createSchedulerPeer, type SchedulerPeer } from './http-scheduler-peer.ts';
import type { SchedulerAnswer, SchedulerClient } from './scheduler-client.ts';

// Ours goes before the peer's end, so that no message meets a connection that is being closed.
const IDLE_SOCKET_MS = 60_000;

/** Speaks to schedulers over HTTP. Starts with the one that acknowledged last, so a dead first one costs one timeout. */
export function createHttpSchedulerClient(options: HttpSchedulerClientOptions): SchedulerClient {
  const agentOptions = { keepAlive: true, timeout: IDLE_SOCKET_MS };
  const agents = { httpAgent: new HttpAgent(agentOptions), httpsAgent: new HttpsAgent(agentOptions) };
  const peers = options.schedulers.map((root) => createSchedulerPeer(root, options, agents));
  let preferred = 0;

  async function tell(
    ask: (peer: SchedulerPeer) => Promise<SchedulerAnswer>,
    isOurs = false,
  ): Promise<SchedulerAnswer> {
    let answer: Exclude<SchedulerAnswer, { kind: 'acknowledged' }> = NOBODY;
    let unwanted = 0;
    const first = preferred;
    for (let step = 0; step < peers.length; step++) {
      const index = (first + step) % peers.length;
      const next = await ask(peers[index] as SchedulerPeer);
      if (next.kind === 'acknowledged') {
        preferred = index;
        return next;
      }
      if (next.kind === 'refused' && isUnknownVerb(next.message)) unwanted += 1;
      // A refusal says more than a dead line does: it is what the caller is told when nobody acknowledged.
      if (next.kind === 'refused' || answer.kind === 'unreachable') answer = next;
    }
    // What only schedulers of ours take is of no use to an admin of xxl-job: told to nobody, it is told.
    if (isOurs && answer.kind === 'refused' && unwanted === peers.length)
      return { kind: 'acknowledged', by: answer.by };
    return answer;
  }

  /** All of them at once; one that acknowledges is enough, and the others are told again with the next beat. */
  async function tellAll(ask: (peer: SchedulerPeer) => Promise<SchedulerAnswer>): Promise<SchedulerAnswer> {
    const answers = await Promise.all(peers.map(ask));
    const best = (kind: SchedulerAnswer['kind']) => answers.find((answer) => answer.kind === kind);
    return best('acknowledged') ?? best('refused') ?? best('unreachable') ?? NOBODY;
  }
  const tellOfMe = options.registersEverywhere === true ? tellAll : tell;

  return {
    register: (registration) => tellOfMe((peer) => peer.register(registration)),
    unregister: (registration) => tellOfMe((peer) => peer.post('registryRemove', registration)),
    callback: (results) => tell((peer) => peer.callback(results)),
    runManifest: (manifest) => tell((peer) => peer.post('run-manifest', manifest), true),
    slicesSettled: (slices) => tell((peer) => peer.post('slices-settled', { slices }), true),
    lines: peers.map(({ root, hold }) => ({ root, hold })),
    close() {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

const NOBODY = { kind: 'unreachable', why: 'no scheduler is configured' } as const;

const isUnknownVerb = (message: string): boolean => /^invalid request, uri-mapping\(.*\) not found/.test(message);
