import type { RunCounts } from '../../../shared/protocol/inspect.ts';
import type { Total } from '../../../shared/protocol/wire.ts';
import type { SqlReader } from '../../../shared/sql/sql.ts';
import { addTotals, parseTotals } from '../../callback/told-totals.ts';
import { holdOverNode } from '../../chain/hold-over-node.ts';
import type { NodePicture } from '../../chain/judge-chain.ts';
import { type ChainRead, readChainPicture } from '../../chain/read-chain-picture.ts';
import type { Chain, ChainEdge } from '../../definition/chain-definition.ts';
import { holdInWords } from '../../firing/held-by.ts';
import { currentCachedJob } from '../../storage/definition-cache.ts';
import {
  begunAt,
  type ChainRunLineRow,
  chainRunLine,
  runHeads,
  runsByJobOfChainRun,
  shardCounts,
} from '../../storage/sql/admin-chain-queries.ts';
import { usualDurations } from '../../storage/sql/admin-run-queries.ts';
import { chainRunById } from '../../storage/sql/chain-run-queries.ts';
import { jobIdsByName } from '../../storage/sql/definition-queries.ts';
import { nodeMarks } from '../../storage/sql/node-mark-queries.ts';
import type { RunRow } from '../../storage/sql/run-queries.ts';
import { forecastNodes, lastEnd, type NodeForecast, ranksOf, soonestEnd } from './chain-eta.ts';
import { countsOfAll, type ProgressFigures, progressOf } from './progress.ts';

export interface NodeDetail {
  readonly job: string;
  readonly jobId: number | null;
  readonly group: string;
  readonly rank: number;
  readonly picture: NodePicture;
  readonly hold: string | null;
  readonly runId: number | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly progress: ProgressFigures | null;
  /** When it is done, as far as can be told: by its own pace, or by what it and those before it usually take. */
  readonly etaAtMs: number | null;
  readonly markAsked: { mark: string; by: string; reason: string; approvalId: number | null } | null;
}

export interface ChainRunPicture {
  readonly line: ChainRunLineRow;
  readonly nodes: NodeDetail[];
  readonly edges: { edge: ChainEdge; verdict: 'met' | 'wait' | 'late' | 'never' | null }[];
  readonly sweeps: {
    job: string;
    runs: number;
    last: { runId: number; state: RunRow['state']; startedAtMs: number } | null;
  }[];
  readonly frozen: Total[];
  readonly told: Total[];
  readonly etaAtMs: number | null;
  /** It is done no sooner than this, also where nobody knows when; null: it has ended. */
  readonly soonestAtMs: number | null;
  /** Those because of which nobody knows: they never ran before. */
  readonly neverRan: readonly string[];
  readonly isLate: boolean;
  readonly groups: readonly string[];
}

/**
 * One run of a chain as people look at it. Sums are of what executors told, or answered just now where they were asked
 * (`counts`, by run); nothing is decided by them.
 */
export async function readChainRunPicture(
  db: SqlReader,
  chainRunId: number,
  counts: ReadonlyMap<number, RunCounts> = new Map(),
): Promise<ChainRunPicture | null> {
  const [line, row] = [await chainRunLine(db, chainRunId), await chainRunById(db, chainRunId)];
  if (line === null || row === null) return null;
  const read = await readChainPicture(db, row);
  const { chain, picture, runs } = read;
  const jobIds = await jobIdsByName(db, [...chain.nodes, ...chain.sweeps, '']);
  const runIds = [...runs.values()].map(({ id }) => id);
  const shards = await shardCounts(db, runIds);
  const begun = await begunAt(db, runIds);
  const marks = await nodeMarks(db, chainRunId);
  const ranks = ranksOf(chain.nodes, chain.edges);
  const nodes: Omit<NodeDetail, 'etaAtMs'>[] = [];
  for (const [job, node] of picture.nodes) {
    const jobId = jobIds.get(job) ?? null;
    const run = runs.get(job) ?? null;
    const hold = node.kind === 'due' ? await holdOverNode(db, row, job) : null;
    const asked = marks.find((mark) => mark.node === job && mark.approvedBy === null && mark.mark !== 'inherited');
    nodes.push({
      job,
      jobId,
      group: jobId === null ? '' : ((await currentCachedJob(db, jobId))?.group ?? ''),
      rank: ranks.get(job) ?? 0,
      picture: node,
      hold: hold === null ? null : holdInWords(hold),
      runId: run?.id ?? null,
      startedAtMs: run?.createdAt ?? null,
      endedAtMs: run?.endedAt ?? null,
      progress:
        run === null
          ? null
          : progressOfRun(run, {
              begunAtMs: begun.get(run.id) ?? null,
              shardsDone: shards.get(run.id)?.done ?? 0,
              nowMs: db.nowMs,
              counts: counts.get(run.id),
            }),
      markAsked:
        asked === undefined ? null : { mark: asked.mark, by: asked.askedBy, reason: asked.reason, approvalId: null },
    });
  }
  const forecasts = line.endedAt === null ? await forecastsOf(db, line, read, { nodes, begun, counts }) : null;
  const ends = new Map(forecasts?.map((forecast) => [forecast.job, forecast]));
  const etaAtMs = forecasts === null ? null : lastEnd(forecasts);
  const soonestAtMs = forecasts === null ? null : soonestEnd(forecasts, db.nowMs);
  return {
    line,
    nodes: nodes.map((node) => ({ ...node, etaAtMs: etaOf(node, ends.get(node.job)) })),
    edges: chain.edges.map((edge) => {
      const verdict = picture.edges.get(`${edge.from}>${edge.to}`);
      return {
        edge,
        verdict: verdict === undefined ? null : verdict.kind === 'wait' && verdict.late ? 'late' : verdict.kind,
      };
    }),
    sweeps: await sweepsOf(db, chain, jobIds, chainRunId),
    frozen: [...runs.values()].reduce<Total[]>((sum, run) => addTotals(sum, parseTotals(run.manifest)), []),
    told: [...runs.values()].reduce<Total[]>((sum, run) => addTotals(sum, statesOfRun(run, counts.get(run.id))), []),
    etaAtMs,
    soonestAtMs,
    neverRan: (forecasts ?? []).flatMap((node) => (node.startAtMs !== null && node.endAtMs === null ? [node.job] : [])),
    isLate: line.cutOffAt !== null && (soonestAtMs ?? line.endedAt ?? db.nowMs) > line.cutOffAt,
    groups: [...new Set(nodes.map(({ group }) => group).filter((group) => group !== ''))],
  };
}

/** Money by state: as it is now where executors could say it, else as it was told. */
export const statesOfRun = (run: RunRow, counts: RunCounts | undefined): readonly Total[] =>
  countsOfAll(counts ?? null, parseTotals(run.manifest))?.states ?? parseTotals(run.totalsTold);

export function progressOfRun(
  run: RunRow,
  seen: {
    /** When the first of it was sent to an executor; null: nothing was. */
    readonly begunAtMs: number | null;
    readonly shardsDone: number;
    readonly nowMs: number;
    readonly counts: RunCounts | undefined;
  },
): ProgressFigures {
  return progressOf({
    nowMs: seen.nowMs,
    startedAtMs: seen.begunAtMs,
    endedAtMs: run.endedAt,
    shardsDone: seen.shardsDone,
    shardsTotal: run.shardTotal,
    slicesDone: run.slicesTold,
    slicesTotal: run.sliceCount,
    frozen: parseTotals(run.manifest),
    told: parseTotals(run.totalsTold),
    counts: countsOfAll(seen.counts ?? null, parseTotals(run.manifest)),
  });
}

async function forecastsOf(
  db: SqlReader,
  line: ChainRunLineRow,
  { chain, facts, runs, jobIds }: ChainRead,
  seen: {
    readonly nodes: readonly Omit<NodeDetail, 'etaAtMs'>[];
    readonly begun: ReadonlyMap<number, number>;
    readonly counts: ReadonlyMap<number, RunCounts>;
  },
): Promise<NodeForecast[]> {
  const byId = await usualDurations(db, [...jobIds.values()]);
  const usual = [...jobIds].flatMap(([job, id]) => (byId.has(id) ? [[job, byId.get(id) ?? 0] as const] : []));
  const progress = new Map(seen.nodes.map((node) => [node.job, node.progress]));
  return forecastNodes({
    chain,
    facts,
    runs: new Map(
      [...runs].map(([job, run]) => [
        job,
        {
          begunAtMs: seen.begun.get(run.id) ?? null,
          endedAtMs: run.endedAt,
          etaAtMs: progress.get(job)?.etaAtMs ?? null,
          isUntouched: countsOfAll(seen.counts.get(run.id) ?? null, parseTotals(run.manifest))?.worked === 0,
        },
      ]),
    ),
    usualMs: new Map(usual),
    startedAtMs: line.createdAt,
    nowMs: db.nowMs,
    cutOffAtMs: line.cutOffAt,
  });
}

const etaOf = (node: Pick<NodeDetail, 'endedAtMs'>, forecast: NodeForecast | undefined): number | null =>
  node.endedAtMs !== null || forecast === undefined || forecast.outcome === 'stands' ? null : forecast.endAtMs;

async function sweepsOf(
  db: SqlReader,
  chain: Chain,
  jobIds: ReadonlyMap<string, number>,
  chainRunId: number,
): Promise<ChainRunPicture['sweeps']> {
  if (chain.sweeps.length === 0) return [];
  const counts = new Map((await runsByJobOfChainRun(db, chainRunId)).map((row) => [row.jobId, row]));
  const heads = await runHeads(
    db,
    [...counts.values()].map(({ lastId }) => lastId),
  );
  return chain.sweeps.map((job) => {
    const row = counts.get(jobIds.get(job) ?? 0);
    const head = row === undefined ? undefined : heads.get(row.lastId);
    const last = head === undefined ? null : { runId: head.id, state: head.state, startedAtMs: head.createdAt };
    return { job, runs: row?.runs ?? 0, last };
  });
}
