import { type Static, Type } from 'typebox';
import type { Chain, ChainDefinition } from '../../../definition/chain-definition.ts';
import type { ParamFields } from '../../../definition/param-fields.ts';
import { ChainEdgeView, ChainRunLine } from './chain-run-routes.ts';
import { Checked, KEPT_FILTER, keptRoutes, May, Version } from './kept-definition.ts';
import { route } from './route.ts';
import { BusinessDate, Done, Id, Instant, maybe, Name, orNull, PAGE, pageOf, RequestId, strict } from './shapes.ts';

export const ChainShape = Type.Unsafe<Chain>({ type: 'object', description: 'docs/chains.md has each field' });
export type ChainInput = ChainDefinition;
export const ChainInputShape = Type.Unsafe<ChainInput>({ type: 'object' });

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
      param: Type.String(),
      /** Of its parameter; null: it may be any text. */
      paramFields: orNull(Type.Unsafe<ParamFields>({ type: 'object' })),
    }),
  ),
  edges: Type.Array(ChainEdgeView),
  lastRun: orNull(ChainRunLine),
  may: May,
});
export type ChainView = Static<typeof ChainView>;

const chain = strict({ chain: Name });
const ofChain = { kind: 'chain', in: 'params', field: 'chain' } as const;
const version = strict({ chain: Name, version: Type.Integer({ minimum: 1 }) });
const Saved = Type.Object({ chain: Type.String(), version: Type.Integer() });
const kept = keptRoutes({ kind: 'chain', subject: ofChain, params: chain, version, saved: Saved });

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
      ...KEPT_FILTER,
    }),
    reply: pageOf(ChainLine),
  }),
  // Not below /chains, where a chain may be called so.
  'GET /chain-filters': route({
    summary: 'What the list of chains can be filtered by: tags and owners that occur.',
    permission: 'view',
    subject: { kind: 'visible' },
    reply: Type.Object({ tags: Type.Array(Type.String()), owners: Type.Array(Type.String()) }),
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
    summary: 'Checks a definition field by field and stores nothing. `isNew`: its name has to be free.',
    permission: 'view',
    subject: { kind: 'none' },
    body: strict({ chain: ChainInputShape, isNew: maybe(Type.Boolean()) }),
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
  'POST /chains/:chain/copy': kept.copy,
  'POST /chains/:chain/enable': kept.enable,
  'POST /chains/:chain/disable': kept.disable,
  'DELETE /chains/:chain': route({
    summary: 'Takes a chain away; what it ran stays readable.',
    permission: 'edit',
    subject: ofChain,
    params: chain,
    reply: Done,
    audit: 'chain.remove',
  }),
  'GET /chains/:chain/versions': kept.versions,
  'GET /chains/:chain/versions/:version': route({
    summary: 'The chain as it was then.',
    permission: 'view',
    subject: ofChain,
    params: version,
    reply: Type.Object({ chain: ChainShape, version: Version }),
  }),
  'GET /chains/:chain/versions/:version/diff': kept.diff,
  'POST /chains/:chain/versions/:version/restore': kept.restore,
  'GET /chains/:chain/next-fires': kept.nextFires,
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
} as const;
