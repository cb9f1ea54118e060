import type { BodyName } from '../../../scheduler/clockwork.ts';
import { createContext } from '../../../scheduler/create-context.ts';
import { type AskingPatience, createAskingPatience } from '../../../scheduler/dispatch/asking-patience.ts';
import type { Dispatch } from '../../../scheduler/dispatch/dispatch.ts';
import type { DispatchAnswer, ExecutorClient } from '../../../scheduler/dispatch/executor-client.ts';
import { createFiringApi, type FiringApi } from '../../../scheduler/firing/firing-api.ts';
import type { PeerNotes } from '../../../scheduler/run/ask-foreign-peers.ts';
import type { SchedulerContext } from '../../../scheduler/scheduler-context.ts';
import { DEFAULT_SETTINGS } from '../../../scheduler/settings.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { createMetrics, type Metrics } from '../../../shared/metrics.ts';
import type { RunRequest } from '../../../shared/protocol/wire.ts';
import { seededRandom } from '../../../shared/runtime/seeded-random.ts';
import type { SqlReader, SqlStore } from '../../../shared/sql/sql.ts';
import { createFakeRuntime, type FakeRuntime } from '../../support/fake-runtime.ts';

/** A scheduler on a store of its own. Of two, one takes what it can together, the other everything one by one. */
export interface Twin {
  readonly name: string;
  readonly ctx: SchedulerContext;
  readonly metrics: Metrics;
  readonly api: FiringApi;
  readonly runtime: FakeRuntime;
  readonly patience: AskingPatience;
  readonly peerNotes: PeerNotes;
  /** The bodies that were woken since the last step. */
  readonly woken: Set<BodyName>;
  /** Requests that were handed out and have no answer yet. */
  sent: Dispatch[];
}

/** What both are told alike: executors answer by chance, and the same of them gives the same answer in both. */
export interface Chance {
  /** The number of the step. */
  step: number;
  readonly seed: string;
}

export function createTwin(name: string, store: SqlStore, chance: Chance, startMs: number): Twin {
  const runtime = createFakeRuntime({ startMs });
  const drawn = (what: string) => seededRandom(`${chance.seed} ${chance.step} ${what}`).next();
  const woken = new Set<BodyName>();
  const metrics = createMetrics();
  metrics.close();
  const made = createContext({
    store: clocked(store, () => runtime.clock.wallMs()),
    // Which of several things is drawn first is no matter between the twins.
    runtime: { ...runtime, random: { ...runtime.random, next: () => drawn('any') } },
    logger: silentLogger,
    settings: SETTINGS,
    client: clientOf(drawn),
    codeVersion: 'tested',
    metrics,
    wake: (body) => void woken.add(body),
    chainRunChanged: () => undefined,
  });
  const ctx = { ...made, listening: { listenedMs: () => 3_600_000 } };
  return {
    name,
    ctx,
    metrics,
    api: createFiringApi(ctx),
    runtime,
    patience: createAskingPatience(runtime.clock),
    peerNotes: new Map(),
    woken,
    sent: [],
  };
}

const SETTINGS = {
  ...DEFAULT_SETTINGS,
  refusalsMax: 3,
  shardsPerExecutor: 2,
  avoidExecutorMs: 30_000,
  // Nobody becomes more urgent than whoever has another priority: of equals the smaller id is first.
  priorityAgingMs: 1_000_000_000,
};

/** The store's clock is the test's, on a server too: both twins stand at the same instant. */
function clocked(store: SqlStore, nowMs: () => number): SqlStore {
  const at = <T extends SqlReader>(tx: T, instant: number): T =>
    new Proxy(tx, { get: (target, key) => (key === 'nowMs' ? instant : Reflect.get(target, key, target)) });
  return {
    ...store,
    transaction: (name, body, options) => store.transaction(name, (tx) => body(at(tx, nowMs())), options),
    read: (name, body) => store.read(name, (db) => body(at(db, nowMs()))),
  };
}

/** What means the same request in both. */
export const keyOf = (request: RunRequest): string =>
  [
    request.jobId,
    request.plannedAtMs,
    request.logDateTime,
    request.phase,
    request.broadcastIndex,
    request.attempt,
  ].join(' ');

const ANSWERS: readonly (readonly [number, DispatchAnswer])[] = [
  [0.7, { kind: 'accepted' }],
  [0.78, { kind: 'refused', why: 'no such handler' }],
  [0.86, { kind: 'busy', why: '0 of 2 slots are free' }],
  [0.92, { kind: 'unreachable', why: 'connection refused' }],
  [1, { kind: 'unclear', why: 'no answer' }],
];

function clientOf(drawn: (what: string) => number): ExecutorClient {
  return {
    refusalOf: async () => null,
    async run(address, request) {
      const chance = drawn(`run ${address} ${keyOf(request)}`);
      return ANSWERS.find(([upTo]) => chance < upTo)?.[1] ?? { kind: 'accepted' };
    },
    runAll(address, requests) {
      return Promise.all(requests.map((request) => this.run(address, request)));
    },
    beat: async (address) => drawn(`beat ${address}`) < 0.9,
    async idleBeat(address, jobId) {
      const chance = drawn(`idle ${address} ${jobId}`);
      return chance < 0.6 ? 'idle' : chance < 0.8 ? 'busy' : 'unclear';
    },
    log: async () => null,
    async kill({ address, jobId }) {
      const chance = drawn(`kill ${address} ${jobId}`);
      return chance < 0.5 ? 'told' : chance < 0.7 ? 'not_there' : 'unclear';
    },
    close: () => undefined,
  };
}
