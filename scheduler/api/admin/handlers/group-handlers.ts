import { DaybreakError } from '../../../../shared/errors.ts';
import { isVisible, type Visible } from '../../../admin/rights/rights.ts';
import { REMOVED_TAG } from '../../../definition/removed-tag.ts';
import { type Group as GroupState, type SaveGroup, saveGroup } from '../../../registry/groups.ts';
import {
  countByGroup,
  drainExecutor,
  type HeldShardRow,
  type SeenExecutorRow,
  seenExecutor,
  seenExecutors,
  shardsHeldBy,
  undrainExecutor,
} from '../../../storage/sql/admin-executor-queries.ts';
import { listedJobs } from '../../../storage/sql/admin-job-queries.ts';
import { allHolds } from '../../../storage/sql/hold-queries.ts';
import type { Executor, Group, groupRoutes, HeldShard } from '../contract/group-routes.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';

const done = { done: true } as const;
const TOKEN_KEPT_MS = 24 * 3_600_000;

export function createGroupHandlers(parts: AdminParts): Handlers<typeof groupRoutes> {
  const { ctx, groups } = parts;

  async function viewGroups(): Promise<Group[]> {
    const states = await groups.list();
    const { counts, jobs, held } = await ctx.store.read('count-groups', async (db) => ({
      counts: await countByGroup(db),
      jobs: Map.groupBy(await listedJobs(db), ({ definition }) => definition.group),
      held: new Set((await allHolds(db)).flatMap(({ scope, name }) => (scope === 'group' ? [name] : []))),
    }));
    return states.map((state) => {
      const of = counts.executors.get(state.appName);
      const count = (word: string): number => of?.get(word) ?? 0;
      const all = jobs.get(state.appName) ?? [];
      return {
        ...settingsOf(state),
        jobs: all.filter(({ definition }) => !definition.tags.includes(REMOVED_TAG)).length,
        executors: {
          alive: count('alive'),
          draining: count('draining'),
          silent: count('silent'),
          gone: count('gone'),
        },
        openRuns: counts.openRuns.get(state.appName) ?? 0,
        // Of jobs that were taken away, too: what they left open is still there to be decided.
        tellsSettled: all.some(({ definition }) => definition.tellsSettled),
        isHeld: held.has(state.appName),
      };
    });
  }

  async function viewGroup(name: string): Promise<Group> {
    const group = (await viewGroups()).find((each) => each.name === name);
    if (group === undefined) throw new DaybreakError('NOT_FOUND', `there is no group "${name}"`);
    return group;
  }

  return {
    'GET /groups': async ({ visible }) => ({
      items: (await viewGroups()).filter(({ name }) => isVisible(visible, name)),
    }),
    'POST /groups': async (call) => {
      const { name, ...settings } = call.body;
      refuseAddresses(call);
      if ((await groups.list()).some(({ appName }) => appName === name)) {
        throw new FieldsError([{ path: 'name', message: 'is taken' }], 'CONFLICT');
      }
      call.note({ kind: 'group', id: name }, name);
      await saveGroup(call.ctx, orderOf(name, settings));
      return viewGroup(name);
    },
    'GET /groups/:group': async ({ params }) => viewGroup(params.group),
    'PATCH /groups/:group': async (call) => {
      refuseAddresses(call);
      await viewGroup(call.params.group);
      await saveGroup(call.ctx, orderOf(call.params.group, call.body));
      return viewGroup(call.params.group);
    },
    'POST /groups/:group/token': async (call) => {
      const token = ctx.runtime.random.secretHex(32);
      const { previousForMs = TOKEN_KEPT_MS } = call.body;
      await groups.changeToken({ appName: call.params.group, token, previousForMs });
      return { token };
    },
    'POST /groups/:group/join-token': async ({ params }) => {
      if (parts.joins === null) {
        throw new DaybreakError(
          'CONFLICT',
          'this scheduler takes no one-time tokens: give the executor its token instead',
        );
      }
      await viewGroup(params.group);
      const { token, lifetimeMs } = await parts.joins.issue();
      const nowMs = await ctx.store.read('read-clock', async (db) => db.nowMs);
      const schedulers = parts.url().replace(/\/$/, '');
      const command = `DAYBREAK_SCHEDULERS=${schedulers} DAYBREAK_JOIN_TOKEN=${token} node my-executor.mjs`;
      return { joinToken: token, expiresAtMs: nowMs + lifetimeMs, command };
    },
    'GET /executors': async ({ query, visible }) => {
      const { group, gone = false } = query;
      const which = group === undefined ? { gone } : { group, gone };
      const rows = await ctx.store.read('list-executors', (db) => seenExecutors(db, which));
      return { items: executorsOf(rows, visible) };
    },
    'GET /executors/:executorId': async ({ params }) =>
      ctx.store.read('view-executor', async (db) => {
        const row = await seenExecutor(db, params.executorId);
        if (row === null) throw new DaybreakError('NOT_FOUND', `there is no executor ${params.executorId}`);
        return { executor: executorOf(row), doing: (await shardsHeldBy(db, row.id, 1_000)).map(heldShardOf) };
      }),
    'POST /executors/:executorId/drain': async (call) => {
      const { executorId } = call.params;
      const why = { reason: call.body.reason, by: call.by };
      await call.ctx.store.transaction('drain-executor', (tx) => drainExecutor(tx, executorId, why));
      return done;
    },
    'POST /executors/:executorId/undrain': async (call) => {
      const { executorId } = call.params;
      await call.ctx.store.transaction('undrain-executor', (tx) => undrainExecutor(tx, executorId));
      ctx.wake('dispatch-ready-shards');
      return done;
    },
  };
}

/** Where our token is sent is not for everybody to say who may edit jobs. */
function refuseAddresses({
  principal,
  body,
}: Pick<Call<'POST /groups' | 'PATCH /groups/:group'>, 'principal' | 'body'>): void {
  if (principal.isAdmin || (body.addresses === undefined && body.addressType === undefined)) return;
  throw new DaybreakError(
    'FORBIDDEN',
    'only an administrator says at which addresses executors are: our token goes there',
  );
}

export const executorsOf = (rows: readonly SeenExecutorRow[], visible: Visible): Executor[] =>
  rows.filter(({ appName }) => isVisible(visible, appName)).map(executorOf);

const executorOf = (row: SeenExecutorRow): Executor => ({
  id: row.id,
  group: row.appName,
  address: row.address,
  state: row.state,
  isDrained: row.drained > 0,
  labels: row.labels === null ? {} : (JSON.parse(row.labels) as Record<string, string>),
  signs: row.signs === 1,
  registeredAtMs: row.registeredAt,
  lastBeatAtMs: row.lastBeatAt,
  openAttempts: row.openAttempts,
});

export const heldShardOf = (row: HeldShardRow): HeldShard => ({
  runId: row.runId,
  jobId: row.jobId,
  job: row.job,
  shardIndex: row.shardIndex,
  shardTotal: row.shardTotal,
  logId: row.logId,
  executorId: row.executorId,
  attempt: row.attempt,
  state: row.stopping > 0 ? 'stopping' : row.state,
  sinceMs: row.acceptedAt ?? row.sentAt,
});

const settingsOf = (group: GroupState) => ({
  name: group.appName,
  title: group.title,
  addressType: group.addressType,
  addresses: [...group.addresses],
  hasOwnToken: group.ownToken,
  runLimit: group.runLimit,
});

function orderOf(
  appName: string,
  settings: { title?: string; addressType?: 'auto' | 'manual'; addresses?: string[]; runLimit?: number },
): SaveGroup {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { appName, ...given };
}
