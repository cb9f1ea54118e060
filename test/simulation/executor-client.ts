import type { DispatchAnswer, ExecutorClient, KillAnswer } from '../../scheduler/dispatch/executor-client.ts';
import type { Envelope } from '../../shared/protocol/wire.ts';
import type { Network } from './network.ts';
import type { Life } from './world.ts';

/** What a simulated executor is asked: the paths of the wire. */
export interface WireMessage {
  readonly verb: string;
  readonly body: unknown;
}

/** How a scheduler speaks to executors over the simulated network: the same answers as over HTTP. */
export function simulatedClient(given: {
  network: Network;
  life: Life;
  address: string;
  timeoutMs: number;
}): ExecutorClient {
  const { network, life, address: own, timeoutMs } = given;
  const ask = (address: string, verb: string, body: unknown, withinMs = timeoutMs) =>
    network.ask<Envelope>({ life, address: own }, address, { verb, body } satisfies WireMessage, withinMs);

  return {
    refusalOf: async () => null,
    async run(address, request): Promise<DispatchAnswer> {
      const asked = await ask(address, 'run', request);
      if (asked.kind === 'refused') return { kind: 'unreachable', why: 'connection refused' };
      if (asked.kind === 'silence') return { kind: 'unclear', why: 'no answer' };
      if (asked.value.code === 200) return { kind: 'accepted' };
      return { kind: 'refused', why: asked.value.msg ?? '' };
    },
    runAll(address, requests) {
      return Promise.all(requests.map((request) => this.run(address, request)));
    },
    async beat(address, withinMs, expected) {
      const asked = await ask(address, 'beat', {}, withinMs);
      if (asked.kind !== 'answered' || asked.value.code !== 200) return false;
      return expected?.incarnation == null || asked.value.data === expected.incarnation;
    },
    async idleBeat(address, jobId) {
      const asked = await ask(address, 'idleBeat', { jobId });
      if (asked.kind !== 'answered') return 'unclear';
      return asked.value.code === 200 ? 'idle' : 'busy';
    },
    log: async () => null,
    async kill({ address, jobId, logId }): Promise<KillAnswer> {
      const asked = await ask(address, 'kill', { jobId, logId });
      if (asked.kind !== 'answered') return 'unclear';
      return asked.value.code === 200 ? (asked.value.msg === 'not there' ? 'not_there' : 'told') : 'unclear';
    },
    close: () => undefined,
  };
}
