import { DaybreakError } from '../../../../shared/errors.ts';
import type { RunCounts } from '../../../../shared/protocol/inspect.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { readChainRunPicture } from '../../../admin/night/chain-run-detail.ts';
import { countsOfChainRun } from '../../../admin/night/live-counts.ts';
import { groupsOfChain, groupsOfJobNames } from '../../../admin/rights/find-groups.ts';
import { isAllVisible, type Principal, rightsIn, type Visible } from '../../../admin/rights/rights.ts';
import { markNode } from '../../../chain/mark-node.ts';
import { cancelChainRun } from '../../../chain/start-chain.ts';
import { insertApproval, openApprovals } from '../../../storage/sql/admin-approval-queries.ts';
import { type ChainRunLineRow, chainRunLines } from '../../../storage/sql/admin-chain-queries.ts';
import { chainIdByName } from '../../../storage/sql/definition-queries.ts';
import type { ChainRunDetail, ChainRunLine, chainRunRoutes } from '../contract/chain-run-routes.ts';
import type { AdminParts, Handlers } from '../handler.ts';
import { edgeView } from './edge-view.ts';
import { numberCursor, PAGE_DEFAULT, pageOfRows } from './paging.ts';

const done = { done: true } as const;

export function createChainRunHandlers(parts: AdminParts): Handlers<typeof chainRunRoutes> {
  const { ctx } = parts;
  return {
    'GET /chain-runs': async ({ query, visible }) =>
      ctx.store.read('list-chain-runs', async (db) => {
        const { limit = PAGE_DEFAULT, chain, state, businessDate } = query;
        const chainId = chain === undefined ? undefined : await chainIdByName(db, chain);
        if (chainId === null) return { items: [], next: null };
        const filter = {
          ...(chainId === undefined ? {} : { chainId }),
          ...(state === undefined ? {} : { state }),
          ...(businessDate === undefined ? {} : { businessDate }),
        };
        const rows = await visibleLines(
          db,
          visible,
          (beforeId) => chainRunLines(db, filter, { beforeId, limit: limit + 1 }),
          { beforeId: numberCursor(query.after, Number.MAX_SAFE_INTEGER), limit: limit + 1 },
        );
        const page = pageOfRows(rows, limit, ({ id }) => [id]);
        return { items: page.items.map(chainRunLineOf), next: page.next };
      }),
    'GET /chain-runs/:chainRunId': async ({ params, principal }) => {
      const now = await countsOfChainRun(parts, params.chainRunId);
      return ctx.store.read('view-chain-run', (db) => readChainRunDetail(db, params.chainRunId, principal, now));
    },
    'POST /chain-runs/:chainRunId/cancel': async (call) => {
      await cancelChainRun(call.ctx, call.params.chainRunId, call.body.reason, call.by);
      return done;
    },
    'POST /chain-runs/:chainRunId/nodes/:node/mark': async (call) => {
      const { chainRunId, node } = call.params;
      const { mark, reason } = call.body;
      await markNode(call.ctx, { chainRunId, node, mark, reason, by: call.by });
      const group = await ctx.store.read('find-group', async (db) => (await groupsOfJobNames(db, [node]))[0] ?? '*');
      const approvalId = await call.ctx.store.transaction('ask-for-mark', (tx) =>
        insertApproval(tx, {
          kind: 'node.mark',
          appName: group,
          subjectKind: 'chain_run',
          subjectId: String(chainRunId),
          order: { chainRunId, node, mark },
          reason,
          askedKind: call.principal.kind,
          askedId: call.principal.id,
          askedBy: call.by,
        }),
      );
      return { approvalId };
    },
  };
}

/** The whole of one run of a chain, for its own page and for the home page. Throws NOT_FOUND. */
export async function readChainRunDetail(
  db: SqlReader,
  chainRunId: number,
  principal: Principal,
  counts: ReadonlyMap<number, RunCounts>,
): Promise<ChainRunDetail> {
  const picture = await readChainRunPicture(db, chainRunId, counts);
  if (picture === null) throw new DaybreakError('NOT_FOUND', `there is no chain run ${chainRunId}`);
  const asked = await openApprovals(db, 'chain_run', String(chainRunId));
  const approvalOf = (node: string): number | null =>
    asked.find(({ order }) => (JSON.parse(order) as { node?: string }).node === node)?.id ?? null;
  return {
    run: chainRunLineOf(picture.line),
    nodes: picture.nodes.map((node) => ({
      ...node,
      markAsked: node.markAsked === null ? null : { ...node.markAsked, approvalId: approvalOf(node.job) },
    })),
    edges: picture.edges.map(({ edge, verdict }) => edgeView(edge, verdict)),
    sweeps: picture.sweeps.map(({ job, runs, last }) => ({ job, runs, last })),
    frozen: picture.frozen.map(moneyOf),
    told: picture.told.map(moneyOf),
    etaAtMs: picture.etaAtMs,
    isLate: picture.isLate,
    may: rightsIn(principal, picture.groups),
  };
}

/** Rows until a page is full of those that may be seen, looking at no more than a few pages of others. */
async function visibleLines(
  db: SqlReader,
  visible: Visible,
  read: (beforeId: number) => Promise<ChainRunLineRow[]>,
  page: { readonly beforeId: number; readonly limit: number },
): Promise<ChainRunLineRow[]> {
  if (visible.kind === 'all') return read(page.beforeId);
  const groups = new Map<number, readonly string[]>();
  const found: ChainRunLineRow[] = [];
  for (let beforeId = page.beforeId, looks = 0; found.length < page.limit && looks < 20; looks++) {
    const rows = await read(beforeId);
    for (const row of rows) {
      const of = groups.get(row.chainId) ?? (await groupsOfChain(db, row.chainId));
      groups.set(row.chainId, of);
      if (isAllVisible(visible, of)) found.push(row);
    }
    if (rows.length < page.limit) break;
    beforeId = rows.at(-1)?.id ?? 0;
  }
  return found.slice(0, page.limit);
}

export const moneyOf = (total: {
  readonly group: string;
  readonly currency: string;
  readonly state?: string;
  readonly count: number;
  readonly amountMinor: string;
}) => ({
  leg: total.group,
  currency: total.currency,
  state: total.state ?? null,
  count: total.count,
  amountMinor: total.amountMinor,
});

export const chainRunLineOf = (row: ChainRunLineRow): ChainRunLine => ({
  id: row.id,
  chain: row.chain,
  businessDate: row.businessDate,
  seq: row.seq,
  state: row.state,
  reason: row.reason,
  startedAtMs: row.createdAt,
  endedAtMs: row.endedAt,
  cutOffAtMs: row.cutOffAt,
  rerunOf: row.rerunOf,
});
