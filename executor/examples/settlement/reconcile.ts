import type { Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SqlReader, SqlStore } from '../../../shared/sql/sql.ts';
import type { Downstream } from '../../downstream/define-downstream.ts';
import type { MoneyEngine } from '../../downstream/money-engine.ts';
import type { HandlerContext } from '../../handler/handler-context.ts';
import { conservationHolds, sumDifferences } from './conservation.ts';
import {
  listCarriedOver,
  listRecountPage,
  type NightRun,
  type Recount,
  readNightRuns,
  recountNight,
} from './conservation-recount.ts';
import { type FetchedFiles, fetchSettlementFiles, mustBeHad, settlementFileDates } from './fetch-settlement-files.ts';
import type { Night } from './night-start.ts';
import { noteCarriedOver, oldestCarriedSend } from './reconcile-carried-over.ts';
import { clearDifferences, type Difference, type DifferenceKind, insertDifferences } from './reconcile-differences.ts';
import { isEvidence, judgeOddLines, type LineScope, oddLines } from './reconcile-lines.ts';
import { clearStagedLines } from './reconcile-stage-lines.ts';

export interface ReconcileOptions {
  readonly store: SqlStore;
  readonly night: Night;
  readonly engine: Pick<MoneyEngine, 'lastPass' | 'applySettlementLines' | 'capabilities'>;
  readonly downstream: Pick<Downstream, 'name' | 'file'>;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly ctx?: Pick<HandlerContext, 'log'>;
  /** The visibility is never taken to be shorter than this. Default 10 s. */
  readonly gatewayTimeoutMs?: number;
  /** For how long files that cannot be had are asked for again. Default 3 minutes before the cut-off, 1 minute after. */
  readonly filesForMs?: number;
}

export interface ReconcileResult {
  readonly holds: boolean;
  readonly fileLines: number;
  /** Tonight's successes whose line is right. */
  readonly matched: number;
  /** Right lines of other nights' calls. */
  readonly otherNights: number;
  readonly differences: Readonly<Partial<Record<DifferenceKind, number>>>;
}

/**
 * Matches our ledger, our calls and the gateway's settlement files in both directions and proves conservation. All
 * that it finds is written to `difference`; a rerun for the same night replaces it.
 */
export async function reconcileNight(options: ReconcileOptions): Promise<ReconcileResult> {
  const { store, night, engine, signal } = options;
  const say = (message: string): void => {
    options.ctx?.log.info(message);
    options.logger.info({ nightId: night.id }, message);
  };
  await clearDifferences(store, night.id);
  await clearStagedLines(store, night.id);
  await store.transaction('note-carried-over', (tx) => noteCarriedOver(tx, night));

  const asked = await engine.lastPass({ signal, cutOffAtMs: night.cutOffAtMs });
  say(`last pass: asked ${asked.asked}, settled ${asked.settled}, still open ${asked.stillOpen}`);

  const scope = await readScope(options);
  const runs = await store.read('night-runs', (db) => readNightRuns(db, night.chainRunId));
  let files = await fetchAndApply(options, scope, runs, 0);
  let recount = await recountNight(store, options.runtime, night.id, runs);
  if (files.had && (recount.withoutLine > 0 || (await carriedOverWithoutLine(options, scope)) > 0)) {
    // A line may come later than the answer: only after the visibility does its absence say something.
    const waitMs = Math.max(engine.capabilities?.visibilityMs ?? 0, options.gatewayTimeoutMs ?? 10_000);
    say(`${recount.withoutLine} successes have no line yet: the files are fetched once more in ${waitMs} ms`);
    await options.runtime.sleep(waitMs, signal);
    files = await fetchAndApply(options, scope, runs, files.nextFetchNo);
    recount = await recountNight(store, options.runtime, night.id, runs);
  }
  const result = await writeFindings(options, { scope, runs, files, recount });
  say(
    `reconciled: ${result.fileLines} lines, ${result.matched} matched, ${result.otherNights} of other nights, ` +
      (result.holds ? 'conservation holds' : `conservation does NOT hold: ${JSON.stringify(result.differences)}`),
  );
  return result;
}

async function readScope({ store, night, downstream }: ReconcileOptions): Promise<LineScope> {
  return store.read('reconcile-scope', async (db) => {
    const row = await db.get<{ id: number }>('select id from downstream where name = ?', [downstream.name]);
    const downstreamId = row?.id ?? -1;
    const call = await db.get<{ request_no: string }>(
      'select request_no from call_out where downstream_id = ? limit 1',
      [downstreamId],
    );
    return { nightId: night.id, downstreamId, environment: call?.request_no.split('.')[0] ?? null };
  });
}

interface FilesOfRound extends FetchedFiles {
  readonly differences: readonly Difference[];
}

/** Fetches the files, then lets the engine settle what is open by their lines: these are applied before any match. */
async function fetchAndApply(
  options: ReconcileOptions,
  scope: LineScope,
  runs: readonly NightRun[],
  firstFetchNo: number,
): Promise<FilesOfRound> {
  const { store, night, downstream, runtime, logger, signal } = options;
  const { nowMs, firstSendAtMs } = await store.read('first-send', async (db) => ({
    nowMs: db.nowMs,
    firstSendAtMs: Math.min(night.startedAtMs, (await oldestCarriedSend(db, night.id)) ?? night.startedAtMs),
  }));
  const isRequired = (date: string): boolean => mustBeHad(date, night.businessDate, nowMs);
  const files = await fetchSettlementFiles({
    store,
    nightId: night.id,
    downstream,
    dates: settlementFileDates({ businessDate: night.businessDate, firstSendAtMs, nowMs }),
    isRequired,
    firstFetchNo,
    forMs: options.filesForMs ?? (nowMs < night.cutOffAtMs ? 180_000 : 60_000),
    runtime,
    logger,
    signal,
  });
  if (files.had && (await hasUnsettled(store, night.id, runs))) await applyLines(options, scope);
  const differences = files.missing
    .filter(({ date }) => !files.had || isRequired(date))
    .map(
      ({ date, why }): Difference => ({ kind: 'NO_SETTLEMENT_FILE', note: `no settlement file of ${date}: ${why}` }),
    );
  return { ...files, differences };
}

async function hasUnsettled(store: SqlStore, nightId: number, runs: readonly NightRun[]): Promise<boolean> {
  return store.read('has-unsettled', async (db) => {
    if ((await db.get('select 1 as one from open_item limit 1')) !== null) return true;
    if ((await db.get('select 1 as one from night_carried_over where night_id = ? limit 1', [nightId])) !== null)
      return true;
    for (const { runId } of runs) {
      const found = await db.get(
        `select 1 as one from item where run_id = ? and state in ('PROCESSING', 'RETRY_WAIT', 'MANUAL') limit 1`,
        [runId],
      );
      if (found !== null) return true;
    }
    return false;
  });
}

async function applyLines({ store, engine, runtime, signal }: ReconcileOptions, scope: LineScope): Promise<void> {
  for await (const page of oddLines(store, runtime, scope)) {
    signal.throwIfAborted();
    const evidence = page.filter(isEvidence).map((odd) => odd.text);
    if (evidence.length > 0) await engine.applySettlementLines(evidence);
  }
}

async function carriedOverWithoutLine({ store, night }: ReconcileOptions, scope: LineScope): Promise<number> {
  const found = await store.read('carried-over-lines', (db) =>
    listCarriedOver(db, night.id, scope.downstreamId, { linesWereHad: true }),
  );
  return found.filter((one) => one.kind === 'ONLY_OURS').length;
}

interface Findings {
  readonly scope: LineScope;
  readonly runs: readonly NightRun[];
  readonly files: FilesOfRound;
  readonly recount: Recount;
}

/** Writes the differences page by page and, last of all, the row that says that the reconciliation is whole. */
async function writeFindings(options: ReconcileOptions, findings: Findings): Promise<ReconcileResult> {
  const { store, night, runtime, signal } = options;
  const { scope, runs, files, recount } = findings;
  const counts = new Map<DifferenceKind, number>();
  const write = async (differences: readonly Difference[], planIdsToHold: readonly number[] = []): Promise<void> => {
    if (differences.length === 0) return;
    signal.throwIfAborted();
    for (const { kind } of differences) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    await store.transaction('write-differences', async (tx) => {
      await insertDifferences(tx, night.id, differences);
      await tx.updateRows(
        { table: 'plan', key: ['id'], set: ['state'], guard: `state in ('open', 'given_up')` },
        [...new Set(planIdsToHold)].sort((a, b) => a - b).map((id) => [id, 'held']),
      );
    });
  };

  await write(files.differences);
  await write(sumDifferences(recount.totals));
  const listing = { linesWereHad: files.had };
  for (const page of recount.pagesToList) {
    await write(await store.read('list-unproven', (db) => listRecountPage(db, night.id, page, listing)));
  }
  await write(
    await store.read('list-carried-over', (db) => listCarriedOver(db, night.id, scope.downstreamId, listing)),
  );
  const fileLines = await store.read('count-settlement-lines', (db) => countLines(db, night.id));
  let odd = 0;
  let rightOdd = 0;
  // Each exact success stands for a line of its own. When there are no more lines than these, none is left to look at;
  // otherwise every line is led back to its call, of whichever night.
  const pages = recount.exact === fileLines ? [] : oddLines(store, runtime, scope);
  for await (const page of pages) {
    const judged = judgeOddLines(page);
    odd += page.length;
    rightOdd += judged.rightLines;
    await write(judged.differences, judged.planIdsToHold);
  }
  await write(await store.read('list-contradictions', (db) => readContradictions(db, night, runs)));

  const matched = recount.matched;
  const result: ReconcileResult = {
    holds: conservationHolds(counts),
    fileLines,
    matched,
    otherNights: Math.max(0, fileLines - odd + rightOdd - matched),
    differences: Object.fromEntries(counts),
  };
  await store.transaction('end-reconciliation', async (tx) => {
    await tx.run('delete from night_reconciliation where night_id = ?', [night.id]);
    await tx.run(
      `insert into night_reconciliation (night_id, file_lines, matched, other_nights, holds, ended_at)
       values (?, ?, ?, ?, ?, ?)`,
      [night.id, fileLines, matched, result.otherNights, result.holds ? 1 : 0, tx.nowMs],
    );
  });
  return result;
}

async function countLines(db: SqlReader, nightId: number): Promise<number> {
  const row = await db.get<{ n: number }>('select count(*) as n from settlement_line where night_id = ?', [nightId]);
  return row?.n ?? 0;
}

/** Those of tonight's runs, and those of earlier runs that came up tonight. */
async function readContradictions(db: SqlReader, night: Night, runs: readonly NightRun[]): Promise<Difference[]> {
  const rows = await db.arrays(
    `select x.request_no, x.kept, x.other, i.currency, i.amount_minor, p.contract_no, p.period, p.leg, x.run_id
       from contradiction x
       left join item i on i.run_id = x.run_id and i.slice_no = x.slice_no and i.seq = x.seq
       left join plan p on p.id = i.subject
      where x.at_ms >= ? order by x.id`,
    [night.startedAtMs],
  );
  const tonight = new Set(runs.map((run) => run.runId));
  return rows.map((row) => ({
    kind: 'CONTRADICTION',
    requestNo: String(row[0]),
    contractNo: row[5] == null ? null : String(row[5]),
    period: row[6] == null ? null : Number(row[6]),
    leg: row[7] == null ? null : String(row[7]),
    currency: row[3] == null ? null : String(row[3]),
    oursMinor: row[4] == null ? null : String(row[4]),
    note: `kept ${row[1]}, also answered ${row[2]}${tonight.has(Number(row[8])) ? '' : ' (call of an earlier night)'}`,
  }));
}
