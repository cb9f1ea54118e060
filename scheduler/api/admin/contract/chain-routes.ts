import { type Static, Type } from 'typebox';
import type { NodePicture } from '../../../chain/judge-chain.ts';
import type { Chain, ChainDefinition } from '../../../definition/chain-definition.ts';
import { Checked, Diff, NextFire, RUN_STATES, Version } from './job-routes.ts';
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
  RequestId,
  strict,
  words,
} from './shapes.ts';

export const ChainShape = Type.Unsafe<Chain>({ type: 'object', description: 'docs/chains.md has each field' });
export type ChainInput = ChainDefinition;
export const ChainInputShape = Type.Unsafe<ChainInput>({ type: 'object' });

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

export const ChainLine = Type.Object({
  name: Type.String(),
  title: Type.String(),
  owner: Type.String(),
  tags: Type.Array(Type.String()),
  schedule: Type.Unsafe<Chain['schedule']>({ type: 'object' }),
  enabled: Type.Boolean(),
  heldBecause: orNull(Type.String()),
  nodes: Type.Integer(),
  groups: Type.Array(Type.String()),
  version: Type.Integer(),
  updatedAtMs: Instant,
  nextFireAtMs: orNull(Instant),
  lastRun: orNull(ChainRunLine),
});
export type ChainLine = Static<typeof ChainLine>;

/** Progress as executors told it: slices that have nothing open, and the money in them. */
export const Progress = Type.Object({
  shardsDone: Type.Integer(),
  shardsTotal: orNull(Type.Integer()),
  slicesDone: Type.Integer(),
  slicesTotal: orNull(Type.Integer()),
  /** Items: done of those frozen, and how many a second since the start; null when nothing was told. */
  itemsDone: orNull(Type.Integer()),
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
  /** Money of all nodes by leg, currency and state, and what was frozen. */
  frozen: Type.Array(MoneyTotal),
  told: Type.Array(MoneyTotal),
  /** When everything is done at this pace, and how that stands to the cut-off. */
  etaAtMs: orNull(Instant),
  isLate: Type.Boolean(),
  may: Type.Object({ run: Type.Boolean(), edit: Type.Boolean(), approve: Type.Boolean() }),
});
export type ChainRunDetail = Static<typeof ChainRunDetail>;

export const ChainView = Type.Object({
  chain: ChainShape,
  version: Type.Integer(),
  updatedAtMs: Instant,
  heldBecause: orNull(Type.String()),
  nextFireAtMs: orNull(Instant),
  nodes: Type.Array(
    Type.Object({
      job: Type.String(),
      jobId: orNull(Id),
      group: Type.String(),
      rank: Type.Integer(),
      title: Type.String(),
      enabled: Type.Boolean(),
    }),
  ),
  edges: Type.Array(ChainEdgeView),
  lastRun: orNull(ChainRunLine),
  may: Type.Object({ run: Type.Boolean(), edit: Type.Boolean(), approve: Type.Boolean() }),
});
export type ChainView = Static<typeof ChainView>;

const chain = strict({ chain: Name });
const ofChain = { kind: 'chain', in: 'params', field: 'chain' } as const;
const version = strict({ chain: Name, version: Type.Integer({ minimum: 1 }) });
const chainRunId = strict({ chainRunId: Id });
const ofChainRun = { kind: 'chain_run', in: 'params', field: 'chainRunId' } as const;
const Saved = Type.Object({ chain: Type.String(), version: Type.Integer() });

/** What a chain is started with. */
export const START = {
  businessDate: BusinessDate,
  /** Default: what the chain's cut-off rule says from now on. */
  cutOffAtMs: maybe(orNull(Instant)),
  /** One text for all jobs, or a text per job name (`*` for the rest). */
  params: maybe(
    Type.Union([Type.String({ maxLength: 65_536 }), Type.Record(Type.String(), Type.String({ maxLength: 65_536 }))]),
  ),
  fromNode: maybe(Name),
  rerunOf: maybe(Id),
} as const;

export const chainRoutes = {
  'GET /chains': route({
    summary: 'Chains by name.',
    permission: 'view',
    subject: { kind: 'visible' },
    query: strict({
      ...PAGE,
      search: maybe(Type.String({ maxLength: 100 })),
      tag: maybe(Type.String({ maxLength: 64 })),
      owner: maybe(Type.String({ maxLength: 64 })),
      enabled: maybe(Type.Boolean()),
      /** Chains that were taken away; default false. */
      removed: maybe(Type.Boolean()),
    }),
    reply: pageOf(ChainLine),
  }),
  'POST /chains': route({
    summary: 'Makes a chain. A cycle is refused with the cycle shown.',
    permission: 'edit',
    subject: { kind: 'definition', in: 'body', field: 'chain' },
    body: strict({ chain: ChainInputShape }),
    reply: Saved,
    audit: 'chain.create',
  }),
  'POST /chains/check': route({
    summary: 'Checks a definition field by field and stores nothing.',
    permission: 'view',
    subject: { kind: 'none' },
    body: strict({ chain: ChainInputShape }),
    reply: Checked,
    readsOnly: true,
  }),
  'GET /chains/:chain': route({
    summary: 'One chain with its graph.',
    permission: 'view',
    subject: ofChain,
    params: chain,
    reply: ChainView,
  }),
  'PUT /chains/:chain': route({
    summary: 'Makes this the next version; needs the right in the groups of the nodes before and after.',
    permission: 'edit',
    subject: ofChain,
    params: chain,
    body: strict({ chain: ChainInputShape, version: Type.Integer({ minimum: 1 }) }),
    reply: Saved,
    audit: 'chain.update',
  }),
  'POST /chains/:chain/copy': route({
    summary: 'A copy under another name, stopped.',
    permission: 'edit',
    subject: ofChain,
    params: chain,
    body: strict({ name: Name }),
    reply: Saved,
    audit: 'chain.copy',
  }),
  'POST /chains/:chain/enable': route({
    summary: 'Lets its schedule fire.',
    permission: 'edit',
    subject: ofChain,
    params: chain,
    reply: Done,
    audit: 'chain.enable',
  }),
  'POST /chains/:chain/disable': route({
    summary: 'Fires no more by itself.',
    permission: 'edit',
    subject: ofChain,
    params: chain,
    reply: Done,
    audit: 'chain.disable',
  }),
  'DELETE /chains/:chain': route({
    summary: 'Takes a chain away; what it ran stays readable.',
    permission: 'edit',
    subject: ofChain,
    params: chain,
    reply: Done,
    audit: 'chain.remove',
  }),
  'GET /chains/:chain/versions': route({
    summary: 'The newest first, at most 200.',
    permission: 'view',
    subject: ofChain,
    params: chain,
    reply: Type.Object({ items: Type.Array(Version) }),
  }),
  'GET /chains/:chain/versions/:version': route({
    summary: 'The chain as it was then.',
    permission: 'view',
    subject: ofChain,
    params: version,
    reply: Type.Object({ chain: ChainShape, version: Version }),
  }),
  'GET /chains/:chain/versions/:version/diff': route({
    summary: 'What differs between this version and another; default: the one before.',
    permission: 'view',
    subject: ofChain,
    params: version,
    query: strict({ from: maybe(Type.Integer({ minimum: 1 })) }),
    reply: Diff,
  }),
  'POST /chains/:chain/versions/:version/restore': route({
    summary: 'Makes an earlier version the next one.',
    permission: 'edit',
    subject: ofChain,
    params: version,
    body: strict({ reason: Reason }),
    reply: Saved,
    audit: 'chain.restore',
  }),
  'GET /chains/:chain/next-fires': route({
    summary: 'The next fires as they would be planned now.',
    permission: 'view',
    subject: ofChain,
    params: chain,
    query: strict({ n: maybe(Type.Integer({ minimum: 1, maximum: 100, default: 10 })) }),
    reply: Type.Object({ zone: Type.String(), items: Type.Array(NextFire) }),
  }),
  'POST /chains/:chain/start': route({
    summary:
      'Starts it for a business date; with `fromNode` in the middle, with `rerunOf` at what was not done. The same requestId is the same chain run.',
    permission: 'run',
    subject: ofChain,
    params: chain,
    body: strict({ ...START, requestId: RequestId, despiteHold: maybe(Type.Boolean()) }),
    reply: Type.Object({ chainRunId: Id, created: Type.Boolean() }),
    audit: 'chain.start',
  }),
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
