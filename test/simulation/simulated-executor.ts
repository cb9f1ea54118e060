import { messageReader } from '../../shared/protocol/read-message.ts';
import {
  type CallbackMessage,
  type Envelope,
  IdleBeatSchema,
  KillSchema,
  type RunManifest,
  type RunRequest,
  RunRequestSchema,
  type SliceSettled,
} from '../../shared/protocol/wire.ts';
import type { Random } from '../../shared/runtime/runtime.ts';
import type { WireMessage } from './executor-client.ts';
import type { Network } from './network.ts';
import type { Life, World } from './world.ts';

export interface ExecutorFaults {
  /** The chance of a run request to be refused, of a handler to fail, and of it never to come back by itself. */
  refuses: number;
  fails: number;
  hangs: number;
}

/** What an executor began, in its own books: ground truth that no scheduler writes. */
export interface BeganAttempt {
  readonly address: string;
  readonly logId: number;
  readonly runId: number;
  readonly shardIndex: number;
  readonly epoch: number;
  readonly jobId: number;
}

export interface SimulatedExecutor {
  readonly address: string;
  readonly began: readonly BeganAttempt[];
  /** It has told all that it has to tell. What hangs in it, and was taken from it, may hang for ever. */
  readonly idle: boolean;
  start(): void;
  /** The process dies with all that it runs. Results that it has not delivered are on its disk, or were not yet. */
  die(outboxSurvives: boolean): void;
  /** Says goodbye, ends what it has, and starts anew. */
  leave(): void;
}

const readRun = messageReader(RunRequestSchema);
const readKill = messageReader(KillSchema);
const readIdleBeat = messageReader(IdleBeatSchema);
const BEAT_MS = 2_000;
/** Beats while nobody answers: an outage of an hour is not made of beats. */
const LONELY_BEAT_MS = 15_000;
const OUTBOX_MS = 700;
export const SLICES = 6;

type Told =
  | { readonly verb: 'callback'; readonly body: CallbackMessage[] }
  | { readonly verb: 'run-manifest'; readonly body: RunManifest }
  | { readonly verb: 'slices-settled'; readonly body: { slices: SliceSettled[] } };

/** An executor as the wire knows it: takes an attempt once, tells its outcome until somebody has taken it. */
export function createSimulatedExecutor(given: {
  name: string;
  group: string;
  world: World;
  network: Network;
  random: Random;
  faults: ExecutorFaults;
  schedulers: readonly string[];
}): SimulatedExecutor {
  const { name, group, world, network, random, faults, schedulers } = given;
  const address = `http://${name}/`;
  const began: BeganAttempt[] = [];
  const running = new Map<number, { readonly request: RunRequest; readonly takeBack: () => void }>();
  const known = new Set<number>();
  const refused = new Set<number>();
  let outbox: Told[] = [];
  let flushing = false;
  let incarnations = 0;
  let life: Life = world.life(name);

  const after = (ms: number, act: () => void) => {
    const mine = life;
    return world.after(ms, () => mine.alive && act());
  };

  async function beat(mine: Life, incarnation: string): Promise<void> {
    const registration = { registryGroup: 'EXECUTOR', registryKey: group, registryValue: address, incarnation };
    const answers = await Promise.all(
      schedulers.map((to) =>
        network.ask<Envelope>({ life: mine, address }, to, { verb: 'registry', body: registration }, 5_000),
      ),
    );
    const heard = answers.some((asked) => asked.kind === 'answered' && asked.value.code === 200);
    if (mine.alive)
      after(heard ? BEAT_MS : random.integer(2) === 0 ? BEAT_MS : LONELY_BEAT_MS, () => void beat(mine, incarnation));
  }

  function take(message: unknown): Envelope {
    const { verb, body } = message as WireMessage;
    if (verb === 'beat') return { code: 200, data: `${name} ${incarnations}` };
    if (verb === 'run') return takeRun(body);
    if (verb === 'idleBeat') {
      const read = readIdleBeat(body);
      if (read.kind === 'wrong') throw new Error(read.why);
      const busy = [...running.values()].some(({ request }) => request.jobId === read.message.jobId);
      return { code: busy ? 500 : 200 };
    }
    if (verb === 'kill') return takeKill(body);
    throw new Error(`no such verb: ${verb}`);
  }

  function takeRun(body: unknown): Envelope {
    const read = readRun(body);
    if (read.kind === 'wrong') throw new Error(`a run request that is none: ${read.why}`);
    const request = read.message;
    const { logId, jobId, runId = 0, broadcastIndex = 0, phase, epoch = 0 } = request;
    if (known.has(logId)) return { code: 200 };
    // What was refused once stays refused: a copy of the same request must not slip in behind the answer.
    if (refused.has(logId) || random.next() < faults.refuses) {
      refused.add(logId);
      return { code: 500, msg: 'no room' };
    }
    const shardIndex = phase === 'before' ? -2 : phase === 'after' ? -1 : broadcastIndex;
    known.add(logId);
    began.push({ address, logId, runId, shardIndex, epoch, jobId });
    world.note(`${name} begins ${logId} run ${runId} shard ${shardIndex} epoch ${epoch}`);
    running.set(logId, { request, takeBack: after(durationMs(request), () => end(request)) });
    return { code: 200 };
  }

  /** The handler's name says how long it takes: `work-800` takes 800 ms, now and then ten times that. */
  function durationMs({ executorHandler, executorTimeout = 0 }: RunRequest): number {
    const mean = Number(executorHandler.split('-')[1] ?? 100);
    if (executorTimeout > 0 && random.next() < faults.hangs) return 24 * 3_600_000;
    const ms = mean / 2 + random.integer(mean);
    return random.next() < 0.03 ? ms * 10 : ms;
  }

  function end(request: RunRequest, forced?: { code: number; msg: string }): void {
    const { logId, epoch = 0 } = request;
    if (!running.delete(logId)) return;
    const failed = random.next() < faults.fails;
    const code = forced?.code ?? (failed ? (random.integer(4) === 0 ? 502 : 500) : 200);
    if (code === 200 && request.executorHandler.startsWith('settle')) tellSlices(request);
    tell({
      verb: 'callback',
      body: [
        {
          logId,
          logDateTim: request.logDateTime,
          handleCode: code,
          handleMsg: forced?.msg ?? null,
          attempt: epoch,
          result: JSON.stringify({ logId, epoch }),
        },
      ],
    });
  }

  function tellSlices(request: RunRequest): void {
    const { runId = 0, broadcastIndex = 0, broadcastTotal = 1 } = request;
    tell({ verb: 'run-manifest', body: { runId, sliceCount: SLICES, totals: [] } });
    for (let sliceNo = broadcastIndex; sliceNo < SLICES; sliceNo += broadcastTotal) {
      const told: Told = { verb: 'slices-settled', body: { slices: [{ runId, sliceNo, totals: [] }] } };
      // On its disk from the commit of the last item on, so it is told however late.
      const waitMs = random.integer(4_000);
      world.after(waitMs, () => tell(told));
    }
  }

  function takeKill(body: unknown): Envelope {
    const read = readKill(body);
    if (read.kind === 'wrong') throw new Error(read.why);
    const held = running.get(read.message.logId ?? 0);
    if (held === undefined) return { code: 200, msg: 'not there' };
    held.takeBack();
    after(random.integer(300), () => end(held.request, { code: 500, msg: 'killed' }));
    return { code: 200 };
  }

  function tell(told: Told): void {
    outbox.push(told);
    // Told once more, long after it was taken: what every network does some day.
    if (faults.fails > 0 && random.next() < 0.05) world.after(1_000 + random.integer(30_000), () => outbox.push(told));
    if (life.alive) void flush();
  }

  async function flush(): Promise<void> {
    if (flushing) return;
    flushing = true;
    const mine = life;
    const sending = outbox.slice(0, 50);
    for (const told of random.integer(3) === 0 ? sending.reverse() : sending) {
      const to = schedulers[random.integer(schedulers.length)] ?? '';
      const asked = await network.ask<Envelope>({ life: mine, address }, to, told, 2_000);
      if (!mine.alive) return;
      const taken = asked.kind === 'answered' && asked.value.code === 200;
      if (taken) outbox = outbox.filter((each) => each !== told);
      else break;
    }
    flushing = false;
  }

  function outboxLoop(): void {
    after(OUTBOX_MS, () => {
      if (outbox.length > 0) void flush();
      outboxLoop();
    });
  }

  return {
    address,
    began,
    get idle() {
      return outbox.length === 0;
    },
    start() {
      if (incarnations > 0 && life.alive) return;
      incarnations += 1;
      life = world.life(`${name}.${incarnations}`);
      flushing = false;
      network.listen(address, life, async (message) => take(message));
      void beat(life, `${name} ${incarnations}`);
      outboxLoop();
      world.note(`${name} starts ${incarnations}`);
    },
    die(outboxSurvives) {
      life.kill();
      running.clear();
      if (outboxSurvives) return;
      // Without its disk it knows nothing of what it had: what is told of slices lies with the items, not here.
      outbox = outbox.filter((told) => told.verb !== 'callback');
      known.clear();
    },
    leave() {
      const registration = {
        registryGroup: 'EXECUTOR',
        registryKey: group,
        registryValue: address,
        incarnation: `${name} ${incarnations}`,
      };
      for (const to of schedulers) {
        void network.ask({ life, address }, to, { verb: 'registryRemove', body: registration }, 2_000);
      }
      for (const { request, takeBack } of [...running.values()]) {
        takeBack();
        after(random.integer(200), () => end(request, { code: 500, msg: 'stopping' }));
      }
    },
  };
}
