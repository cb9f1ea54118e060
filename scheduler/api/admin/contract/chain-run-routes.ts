import { type Static, Type } from 'typebox';
import type { NodePicture } from '../../../chain/judge-chain.ts';
import { RUN_STATES } from './job-routes.ts';
import { May } from './kept-definition.ts';
import { route } from './route.ts';
import {
  BusinessDate,
  Done,
  Id,
  Instant,
  MoneyTotal,
  maybe,
  Name,
  orNull,
  PAGE,
  pageOf,
  Reason,
  strict,
  words,
} from './shapes.ts';

export const CHAIN_RUN_STATES = ['running', 'cancelling', 'succeeded', 'failed', 'cancelled'] as const;

export const ChainRunLine = Type.Object({
  id: Id,
  chain: Type.String(),
  businessDate: Type.String(),
  /** Which start of that date it is, from 1. */
  seq: Type.Integer(),
  state: words(CHAIN_RUN_STATES),
  reason: orNull(Type.String()),
  startedAtMs: Instant,
  endedAtMs: orNull(Instant),
  cutOffAtMs: orNull(Instant),
  rerunOf: orNull(Id),
});
export type ChainRunLine = Static<typeof ChainRunLine>;

/** Progress as executors answer it now, or, where none can be asked, as it was told: slices that have nothing open. */
export const Progress = Type.Object({
  shardsDone: Type.Integer(),
  shardsTotal: orNull(Type.Integer()),
  slicesDone: Type.Integer(),
  slicesTotal: orNull(Type.Integer()),
  /** Items with their outcome, of those frozen, and how many were sent a second since the start; null when nothing was told. */
  itemsDone: orNull(Type.Integer()),
  /** Items that were sent or looked at and have no outcome yet; null when no executor could be asked, or all was told. */
  itemsOpen: orNull(Type.Integer()),
  itemsTotal: orNull(Type.Integer()),
  itemsPerSecond: orNull(Type.Number()),
  etaAtMs: orNull(Instant),
});
export type Progress = Static<typeof Progress>;

/** A node of a chain run: where it stands, and the run that it has. */
export const ChainNode = Type.Object({
  job: Type.String(),
  jobId: orNull(Id),
  group: Type.String(),
  /** From the roots, 0 on: the column of a layout. */
  rank: Type.Integer(),
  picture: Type.Unsafe<NodePicture>({ type: 'object' }),
  hold: orNull(Type.String()),
  runId: orNull(Id),
  startedAtMs: orNull(Instant),
  endedAtMs: orNull(Instant),
  progress: orNull(Progress),
  /** When it is done, as far as can be told; null when it is done, or nobody knows. */
  etaAtMs: orNull(Instant),
  /** What is asked for and waits for a second person. */
  markAsked: orNull(
    Type.Object({ mark: Type.String(), by: Type.String(), reason: Type.String(), approvalId: orNull(Id) }),
  ),
});
export type ChainNode = Static<typeof ChainNode>;

export const ChainEdgeView = Type.Object({
  from: Type.String(),
  to: Type.String(),
  when: words(['success', 'failure', 'always']),
  milestone: words(['SETTLED', 'DISPATCHED']),
  orCutOff: Type.Boolean(),
  deadlineMs: orNull(Type.Integer()),
  onDeadline: words(['alarm', 'go', 'give_up']),
  /** Where it stands in a run; null in a definition. */
  verdict: orNull(words(['met', 'wait', 'late', 'never'])),
});
export type ChainEdgeView = Static<typeof ChainEdgeView>;

export const ChainRunDetail = Type.Object({
  run: ChainRunLine,
  nodes: Type.Array(ChainNode),
  edges: Type.Array(ChainEdgeView),
  /** Runs of its sweeps: how many, and the last of each job. */
  sweeps: Type.Array(
    Type.Object({
      job: Type.String(),
      runs: Type.Integer(),
      last: orNull(Type.Object({ runId: Id, state: words(RUN_STATES), startedAtMs: Instant })),
    }),
  ),
  /** Money of all nodes: what was frozen, and by state as executors answer it now, or as they told it. */
  frozen: Type.Array(MoneyTotal),
  told: Type.Array(MoneyTotal),
  /** When everything is done at this pace, and how that stands to the cut-off. */
  etaAtMs: orNull(Instant),
  isLate: Type.Boolean(),
  may: May,
});
export type ChainRunDetail = Static<typeof ChainRunDetail>;

const chainRunId = strict({ chainRunId: Id });
const ofChainRun = { kind: 'chain_run', in: 'params', field: 'chainRunId' } as const;

export const chainRunRoutes = {
  'GET /chain-runs': route({
    summary: 'Runs of chains, the newest first.',
    permission: 'view',
    subject: { kind: 'visible' },
    query: strict({
      ...PAGE,
      chain: maybe(Name),
      state: maybe(words(CHAIN_RUN_STATES)),
      businessDate: maybe(BusinessDate),
    }),
    reply: pageOf(ChainRunLine),
  }),
  'GET /chain-runs/:chainRunId': route({
    summary: 'One run of a chain: its graph with where each node stands.',
    permission: 'view',
    subject: ofChainRun,
    params: chainRunId,
    reply: ChainRunDetail,
  }),
  'POST /chain-runs/:chainRunId/cancel': route({
    summary: 'Ends it; its open runs are ended.',
    permission: 'run',
    subject: ofChainRun,
    params: chainRunId,
    body: strict({ reason: Reason }),
    reply: Done,
    audit: 'chain-run.cancel',
  }),
  'POST /chain-runs/:chainRunId/nodes/:node/mark': route({
    summary: 'Asks that a node counts as skipped or succeeded; somebody else has to approve.',
    permission: 'run',
    subject: ofChainRun,
    params: strict({ chainRunId: Id, node: Name }),
    body: strict({ mark: words(['skipped', 'succeeded']), reason: Reason }),
    reply: Type.Object({ approvalId: Id }),
    audit: 'chain-run.mark',
  }),
} as const;
