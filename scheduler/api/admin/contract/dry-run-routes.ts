import { type Static, Type } from 'typebox';
import { START } from './chain-routes.ts';
import { ChainEdgeView } from './chain-run-routes.ts';
import { NextFire } from './kept-definition.ts';
import { route } from './route.ts';
import { BusinessDate, Id, Instant, maybe, Name, orNull, strict, words } from './shapes.ts';

/** What would become of a run: found out by making it in a transaction that is taken back. */
export const RunForecast = Type.Object({
  outcome: words(['goes', 'waits', 'discarded', 'ends_others_first']),
  waitsFor: orNull(words(['input', 'earlier', 'limit', 'executors'])),
  reason: orNull(Type.String()),
  /** The file that it waits for. */
  input: orNull(Type.String()),
  /** Those that may work it. */
  executors: Type.Array(Type.String()),
  shardTotal: orNull(Type.Integer()),
  /** The first 200, of a run of a chain the first 20. Of a run that waits: as they would be if it went now. */
  shards: Type.Array(
    Type.Object({
      index: Type.Integer(),
      name: Type.String(),
      handler: Type.String(),
      executor: orNull(Type.String()),
      leaves: words(['at_once', 'later']),
      param: Type.String(),
    }),
  ),
});
export type RunForecast = Static<typeof RunForecast>;

export const JobForecast = Type.Object({
  nowMs: Instant,
  businessDate: Type.String(),
  heldBecause: orNull(Type.String()),
  run: RunForecast,
  usualMs: orNull(Type.Integer()),
  etaAtMs: orNull(Instant),
  /** Jobs that its end fires, and theirs; those that the caller may view. */
  children: Type.Array(
    Type.Object({
      jobId: Id,
      name: Type.String(),
      group: Type.String(),
      after: Type.String(),
      on: Type.String(),
      enabled: Type.Boolean(),
      heldBecause: orNull(Type.String()),
    }),
  ),
  zone: Type.String(),
  nextFires: Type.Array(NextFire),
});
export type JobForecast = Static<typeof JobForecast>;

export const ChainForecast = Type.Object({
  nowMs: Instant,
  businessDate: Type.String(),
  heldBecause: orNull(Type.String()),
  cutOffAtMs: orNull(Instant),
  /** In the order in which they would begin, if everything succeeds. */
  nodes: Type.Array(
    Type.Object({
      job: Type.String(),
      jobId: orNull(Id),
      group: Type.String(),
      outcome: words(['first', 'follows', 'stands', 'passed_over']),
      why: orNull(Type.String()),
      startAtMs: orNull(Instant),
      endAtMs: orNull(Instant),
      usualMs: orNull(Type.Integer()),
      param: Type.String(),
      heldBecause: orNull(Type.String()),
      run: orNull(RunForecast),
    }),
  ),
  edges: Type.Array(ChainEdgeView),
  sweeps: Type.Array(Type.String()),
  etaAtMs: orNull(Instant),
  isLate: Type.Boolean(),
  zone: Type.String(),
  nextFires: Type.Array(NextFire),
});
export type ChainForecast = Static<typeof ChainForecast>;

export const dryRunRoutes = {
  'POST /jobs/:jobId/dry-run': route({
    summary:
      'What would happen if it ran now: parameters per shard, who would take which, what it would wait for, what would follow. Nothing happens.',
    permission: 'run',
    subject: { kind: 'job', in: 'params', field: 'jobId' },
    params: strict({ jobId: Id }),
    body: strict({ param: maybe(Type.String({ maxLength: 65_536 })), businessDate: maybe(BusinessDate) }),
    reply: JobForecast,
    readsOnly: true,
    heavy: true,
  }),
  'POST /chains/:chain/dry-run': route({
    summary:
      'What would happen if it started now: the order of its jobs with the times that are to be expected, and the runs that begin at once. Nothing happens.',
    permission: 'run',
    subject: { kind: 'chain', in: 'params', field: 'chain' },
    params: strict({ chain: Name }),
    body: strict(START),
    reply: ChainForecast,
    readsOnly: true,
    heavy: true,
  }),
} as const;
