import { type Static, Type } from 'typebox';
import { route } from './route.ts';
import { Done, Id, Instant, maybe, Name, orNull, Reason, strict, words } from './shapes.ts';

export const EXECUTOR_STATES = ['joining', 'alive', 'draining', 'silent', 'gone'] as const;

export const Group = Type.Object({
  name: Type.String(),
  title: Type.String(),
  /** auto: its executors register. manual: they are `addresses`, and the scheduler looks whether they answer. */
  addressType: words(['auto', 'manual']),
  addresses: Type.Array(Type.String()),
  hasOwnToken: Type.Boolean(),
  /** Runs at once; 0: any number. */
  runLimit: Type.Integer(),
  jobs: Type.Integer(),
  executors: Type.Object({
    alive: Type.Integer(),
    draining: Type.Integer(),
    silent: Type.Integer(),
    gone: Type.Integer(),
  }),
  openRuns: Type.Integer(),
  /** A job of it tells what is settled (`tellsSettled`): its executors are asked about items and nights. */
  tellsSettled: Type.Boolean(),
  /** Held by a person: no job of it fires. */
  isHeld: Type.Boolean(),
});
export type Group = Static<typeof Group>;

/** What an executor has in its hands. */
export const HeldShard = Type.Object({
  runId: Id,
  jobId: Id,
  job: Type.String(),
  shardIndex: Type.Integer(),
  shardTotal: orNull(Type.Integer()),
  logId: Id,
  executorId: Id,
  attempt: Type.Integer(),
  state: words(['sent', 'running', 'stopping']),
  sinceMs: Instant,
});
export type HeldShard = Static<typeof HeldShard>;

export const Executor = Type.Object({
  id: Id,
  group: Type.String(),
  address: Type.String(),
  state: words(EXECUTOR_STATES),
  /** Told by a person to take no new work. */
  isDrained: Type.Boolean(),
  labels: Type.Record(Type.String(), Type.String()),
  /** It signs what it says: one of ours. */
  signs: Type.Boolean(),
  registeredAtMs: Instant,
  lastBeatAtMs: Instant,
  /** Attempts in its hands now. */
  openAttempts: Type.Integer(),
});
export type Executor = Static<typeof Executor>;

const groupName = strict({ group: Name });
const ofGroup = { kind: 'group', in: 'params', field: 'group' } as const;
const executorId = strict({ executorId: Id });
const ofExecutor = { kind: 'executor', in: 'params', field: 'executorId' } as const;
const Addresses = Type.Array(Type.String({ maxLength: 255 }), { maxItems: 1000 });
const Settings = {
  title: maybe(Type.String({ maxLength: 255 })),
  addressType: maybe(words(['auto', 'manual'])),
  /**
   * http or https, inside the networks that the installation allows. Our token goes to whatever stands here, so only an
   * administrator sets this and `addressType`.
   */
  addresses: maybe(Addresses),
  runLimit: maybe(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
};

export const groupRoutes = {
  'GET /groups': route({
    summary: 'Groups of executors.',
    permission: 'view',
    subject: { kind: 'visible' },
    reply: Type.Object({ items: Type.Array(Group) }),
  }),
  'POST /groups': route({
    summary: 'Makes a group, so that its executors may register.',
    permission: 'edit',
    subject: { kind: 'installation' },
    body: strict({ name: Name, ...Settings }),
    reply: Group,
    audit: 'group.create',
  }),
  'GET /groups/:group': route({
    summary: 'One group.',
    permission: 'view',
    subject: ofGroup,
    params: groupName,
    reply: Group,
  }),
  'PATCH /groups/:group': route({
    summary: 'Changes a group.',
    permission: 'edit',
    subject: ofGroup,
    params: groupName,
    body: strict(Settings),
    reply: Group,
    audit: 'group.update',
  }),
  'POST /groups/:group/token': route({
    summary:
      'Gives the group a new token; the one before is taken for a while. The answer is the only time that it is shown.',
    permission: 'admin',
    subject: ofGroup,
    params: groupName,
    body: strict({ previousForMs: maybe(Type.Integer({ minimum: 0, maximum: 30 * 86_400_000 })) }),
    reply: Type.Object({ token: Type.String() }),
    audit: 'group.token',
  }),
  'POST /groups/:group/join-token': route({
    summary:
      'A one-time token with which one executor joins: good for ten minutes. 409 when this scheduler takes none.',
    // The token is good for any group that has no own one yet: whoever has it speaks for more than this group.
    permission: 'admin',
    subject: ofGroup,
    params: groupName,
    reply: Type.Object({ joinToken: Type.String(), expiresAtMs: Instant, command: Type.String() }),
    audit: 'group.join-token',
  }),
  'GET /executors': route({
    summary: 'Executors, gone ones too if asked for.',
    permission: 'view',
    subject: { kind: 'visible' },
    query: strict({ group: maybe(Name), gone: maybe(Type.Boolean()) }),
    reply: Type.Object({ items: Type.Array(Executor) }),
  }),
  'GET /executors/:executorId': route({
    summary: 'One executor and what it is doing.',
    permission: 'view',
    subject: ofExecutor,
    params: executorId,
    reply: Type.Object({ executor: Executor, doing: Type.Array(HeldShard) }),
  }),
  'POST /executors/:executorId/drain': route({
    summary: 'It gets no new work; what it holds goes on.',
    permission: 'run',
    subject: ofExecutor,
    params: executorId,
    body: strict({ reason: Reason }),
    reply: Done,
    audit: 'executor.drain',
  }),
  'POST /executors/:executorId/undrain': route({
    summary: 'It gets work again.',
    permission: 'run',
    subject: ofExecutor,
    params: executorId,
    body: strict({ reason: Reason }),
    reply: Done,
    audit: 'executor.undrain',
  }),
} as const;
