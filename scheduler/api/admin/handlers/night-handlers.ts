import { DaybreakError } from '../../../../shared/errors.ts';
import type { RunCounts } from '../../../../shared/protocol/inspect.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { countsOfChainRun } from '../../../admin/night/live-counts.ts';
import { reportByDay, reportByJob } from '../../../admin/night/run-report.ts';
import { groupsOfChain } from '../../../admin/rights/find-groups.ts';
import { isAllVisible, isVisible, type Visible } from '../../../admin/rights/rights.ts';
import { insertApproval } from '../../../storage/sql/admin-approval-queries.ts';
import {
  activeChainRunLines,
  type ChainRunLineRow,
  chainRunLine,
  chainRunLines,
  newestChainRuns,
  runsOfChainRuns,
} from '../../../storage/sql/admin-chain-queries.ts';
import { seenExecutors, shardsInFlight } from '../../../storage/sql/admin-executor-queries.ts';
import { listedChain, listedChains, listedJobs, nextOfAll } from '../../../storage/sql/admin-job-queries.ts';
import { listAlarms } from '../../../storage/sql/alarm-queries.ts';
import { jobIdsByName } from '../../../storage/sql/definition-queries.ts';
import { openRuns } from '../../../storage/sql/run-queries.ts';
import type { nightRoutes, Tonight } from '../contract/night-routes.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';
import { alarmView, maySee } from './alarm-handlers.ts';
import { askPage } from './ask-executor.ts';
import { chainRunLineOf, readChainRunDetail } from './chain-run-handlers.ts';
import { executorsOf, heldShardOf } from './group-handlers.ts';
import { PAGE_DEFAULT, pageOfRows, readCursor } from './paging.ts';

const IN_FLIGHT_MAX = 200;
const ALARMS_MAX = 50;
const NEXT_MAX = 10;
const DAY_MS = 86_400_000;
const REPORT_DAYS_MAX = 92;

export function createNightHandlers(parts: AdminParts): Handlers<typeof nightRoutes> {
  const { ctx } = parts;
  return {
    'GET /tonight': async (call) => {
      const found = await ctx.store.read('find-tonight', (db) => findTonight(db, call));
      // Executors are asked between two reads: no transaction waits for another machine.
      const counts = found.shown === null ? new Map() : await countsOfChainRun(parts, found.shown.id);
      return ctx.store.read('view-tonight', (db) => readTonight(db, call, found, counts));
    },
    'GET /grid': async ({ query }) =>
      ctx.store.read('view-grid', async (db) => {
        const chain = await listedChain(db, query.chain);
        if (chain === null) throw new DaybreakError('NOT_FOUND', `there is no chain "${query.chain}"`);
        const { nodes } = chain.definition;
        const limit = query.n ?? 14;
        const runs = await chainRunLines(db, { chainId: chain.id }, { beforeId: Number.MAX_SAFE_INTEGER, limit });
        const jobIds = await jobIdsByName(db, nodes);
        const cells = await runsOfChainRuns(
          db,
          runs.map(({ id }) => id),
          [...jobIds.values()],
        );
        const byKey = new Map(cells.map((cell) => [`${cell.chainRunId} ${cell.jobId}`, cell]));
        return {
          chain: chain.name,
          nodes: [...nodes],
          rows: runs.map((run) => ({
            run: chainRunLineOf(run),
            cells: nodes.map((node) => {
              const cell = byKey.get(`${run.id} ${jobIds.get(node) ?? 0}`);
              if (cell === undefined) return null;
              const { runId, state, createdAt, endedAt } = cell;
              return { runId, state, durationMs: endedAt === null ? null : endedAt - createdAt };
            }),
          })),
        };
      }),
    'GET /items': async ({ query: { group, ...params } }) => askPage(ctx, group, 'items.search', params),
    'GET /items/unresolved': async ({ query: { group, ...params } }) => askPage(ctx, group, 'items.unresolved', params),
    'GET /items/history': async ({ query: { group, ...params } }) => askPage(ctx, group, 'items.history', params),
    'POST /items/ask-now': async (call) => {
      const { group, requestNo } = call.body;
      call.note({ kind: 'item', id: requestNo }, group);
      return askPage(ctx, group, 'items.ask-now', { requestNo });
    },
    'POST /items/resolve': async (call) => {
      const { group, requestNo, as, reason } = call.body;
      call.note({ kind: 'item', id: requestNo }, group);
      // That it is there, and in the hands of people, is found out before anybody is asked to approve.
      const { item } = await askPage(ctx, group, 'items.history', { requestNo });
      if (item.state !== 'MANUAL') {
        throw new DaybreakError(
          'CONFLICT',
          `${requestNo} is ${item.state}: only an item in MANUAL is resolved by hand`,
        );
      }
      const approvalId = await call.ctx.store.transaction('ask-to-resolve', (tx) =>
        insertApproval(tx, {
          kind: 'item.resolve',
          appName: group,
          subjectKind: 'item',
          subjectId: requestNo,
          order: { requestNo, as, amountMinor: item.amountMinor, currency: item.currency },
          reason,
          askedKind: call.principal.kind,
          askedId: call.principal.id,
          askedBy: call.by,
        }),
      );
      return { approvalId };
    },
    'GET /nights': async ({ query: { group, ...params } }) => askPage(ctx, group, 'nights.list', params),
    'GET /nights/report': async ({ query: { group, ...params } }) => askPage(ctx, group, 'nights.report', params),
    'GET /reports/runs': async ({ query, visible }) => {
      const [fromMs, toMs] = [Date.parse(`${query.from}T00:00:00Z`), Date.parse(`${query.to}T00:00:00Z`) + DAY_MS];
      if (Number.isNaN(fromMs) || Number.isNaN(toMs)) {
        throw new DaybreakError('BAD_INPUT', 'from and to must be days', { details: { path: 'from' } });
      }
      if (toMs <= fromMs || toMs - fromMs > REPORT_DAYS_MAX * DAY_MS) {
        throw new DaybreakError('BAD_INPUT', `ask for 1 to ${REPORT_DAYS_MAX} days`, { details: { path: 'to' } });
      }
      const groups = groupsOf(visible, query.group);
      if (groups?.length === 0) return { items: [], next: null };
      const order = { from: query.from, to: query.to, groups, jobId: query.jobId ?? null };
      return ctx.store.read('run-report', async (db) => {
        if (query.by === 'day') return { items: await reportByDay(db, order), next: null };
        const { limit = PAGE_DEFAULT } = query;
        const after = readCursor(query.after)?.[0];
        const page = { after: after === undefined ? null : String(after), limit };
        return pageOfRows(await reportByJob(db, order, page), limit, ({ key }) => [key]);
      });
    },
  };
}

function groupsOf(visible: Visible, group: string | undefined): readonly string[] | null {
  if (visible.kind === 'all') return group === undefined ? null : [group];
  if (group === undefined) return [...visible.names];
  return visible.names.has(group) ? [group] : [];
}

interface FoundTonight {
  readonly chainRuns: readonly ChainRunLineRow[];
  readonly shown: ChainRunLineRow | null;
}

async function findTonight(
  db: SqlReader,
  { query, visible }: Pick<Call<'GET /tonight'>, 'query' | 'visible'>,
): Promise<FoundTonight> {
  const chainRuns = await tonightsRuns(db, visible);
  const asked = query.chainRunId === undefined ? null : await chainRunLine(db, query.chainRunId);
  if (query.chainRunId !== undefined) {
    const isSeen = asked !== null && isAllVisible(visible, await groupsOfChain(db, asked.chainId));
    if (!isSeen) throw new DaybreakError('NOT_FOUND', `there is no chain run ${query.chainRunId}`);
  }
  return { chainRuns, shown: asked ?? chainRuns[0] ?? null };
}

async function readTonight(
  db: SqlReader,
  { principal, visible }: Pick<Call<'GET /tonight'>, 'principal' | 'visible'>,
  { chainRuns, shown }: FoundTonight,
  counts: ReadonlyMap<number, RunCounts>,
): Promise<Tonight> {
  const open = (await openRuns(db)).filter(({ appName }) => isVisible(visible, appName));
  const alarms: Tonight['alarms'] = [];
  for (const row of await listAlarms(db, { limit: ALARMS_MAX * 4, openOnly: true })) {
    if (alarms.length < ALARMS_MAX && (await maySee(db, principal, row))) alarms.push(await alarmView(db, row));
  }
  const count = (state: string): number => open.filter((run) => run.state === state).length;
  return {
    nowMs: db.nowMs,
    chainRuns: chainRuns.map(chainRunLineOf),
    shown: shown === null ? null : await readChainRunDetail(db, shown.id, principal, counts),
    executors: executorsOf(await seenExecutors(db, { gone: false }), visible),
    inFlight: (await shardsInFlight(db, IN_FLIGHT_MAX))
      .filter(({ appName }) => isVisible(visible, appName))
      .map(heldShardOf),
    alarms,
    openRuns: { waiting: count('waiting'), running: count('running'), dispatched: count('dispatched') },
    next: await nextOnes(db, visible),
  };
}

/** Those that run now, and the last of each other chain: first what runs, then what ended last. */
async function tonightsRuns(db: SqlReader, visible: Visible): Promise<ChainRunLineRow[]> {
  const active = await activeChainRunLines(db);
  const chains = await listedChains(db);
  const newest = await newestChainRuns(
    db,
    chains.slice(0, 500).map(({ id }) => id),
  );
  const rest = [...newest.values()]
    .filter(({ id }) => active.every((run) => run.id !== id))
    .sort((a, b) => b.createdAt - a.createdAt);
  const seen: ChainRunLineRow[] = [];
  for (const run of [...active, ...rest]) {
    if (seen.length >= 50) break;
    if (isAllVisible(visible, await groupsOfChain(db, run.chainId))) seen.push(run);
  }
  return seen;
}

async function nextOnes(db: SqlReader, visible: Visible): Promise<Tonight['next']> {
  const jobs = new Map((await listedJobs(db)).map((job) => [job.id, job]));
  const chains = new Map((await listedChains(db)).map((chain) => [chain.id, chain]));
  const next: Tonight['next'] = [];
  for (const { jobId, chainId, nextAt } of await nextOfAll(db, NEXT_MAX * 10)) {
    if (next.length >= NEXT_MAX) break;
    const job = jobs.get(jobId);
    const chain = chains.get(chainId);
    if (job !== undefined && isVisible(visible, job.definition.group)) {
      next.push({ kind: 'job', name: job.name, atMs: nextAt });
    }
    if (chain !== undefined && isAllVisible(visible, await groupsOfChain(db, chainId))) {
      next.push({ kind: 'chain', name: chain.name, atMs: nextAt });
    }
  }
  return next;
}
