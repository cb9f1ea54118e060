import type { SqlReader, SqlStore, SqlValue } from '../../../../shared/sql/sql.ts';
import type { Night } from '../night-start.ts';
import {
  countUnresolved,
  type ExecutorReport,
  exitCodeOf,
  type FileReport,
  type NightReport,
  REPORT_LEGS,
  type ReportedDifference,
} from './night-report.ts';
import { noLegs, readCarriedOver, readLegs } from './report-legs.ts';
import { readExecutors, readThroughput } from './report-work.ts';

/** What the store does not know of the night. */
export interface ReportExtras {
  /** What the import said; without it the counts are those of the file that the night is bound to. */
  readonly file?: FileReport & { readonly alreadyStored: number };
  /** The night could not be run (exit code 2) and debited nothing: why, in one sentence. */
  readonly badInput?: string;
  /** The executors of this start: those without a single item are listed as well. */
  readonly executors?: readonly Pick<ExecutorReport, 'shardIndex' | 'address'>[];
  /** Default: when the night is stored as finished, else the store's clock. */
  readonly finishedAtMs?: number;
}

const DIFFERENCES_IN_JSON = 1_000;

/** The report of a night as the store has it now. Reads every item once; writes nothing. */
export async function buildReport(store: SqlStore, night: Night, extras: ReportExtras = {}): Promise<NightReport> {
  const badInput = extras.badInput !== undefined;
  return store.read('build-report', async (db) => {
    const finishedAt = extras.finishedAtMs ?? night.finishedAtMs ?? db.nowMs;
    const legs = badInput ? noLegs() : await readLegs(db, night);
    const due = REPORT_LEGS.flatMap((leg) => Object.values(legs[leg])).reduce((n, one) => n + one.due.count, 0);
    const file = extras.file ?? (await readFile(db, night));
    const findings = await readFindings(db, night.id, badInput);
    const carriedOver = await readCarriedOver(db, night.id);
    const exitCode = exitCodeOf({
      badInput,
      conservationHolds: findings.conservation.holds,
      unresolved: countUnresolved({ legs, carriedOver }),
    });
    return {
      businessDate: night.businessDate,
      startedAt: night.startedAtMs,
      finishedAt,
      exitCode,
      ...(extras.badInput === undefined ? {} : { message: extras.badInput }),
      file: { dataLines: file.dataLines, accepted: file.accepted, rejected: file.rejected },
      legs,
      conservation: findings.conservation,
      reconciliation: findings.reconciliation,
      executors: await readExecutors(db, night.chainRunId, extras.executors ?? []),
      throughput: await readThroughput(db, night.chainRunId, due, finishedAt),
      carriedOver,
      alreadyStored: file.alreadyStored,
      otherNights: findings.otherNights,
      contradictions: findings.contradictions,
      cutOffAt: night.cutOffAtMs,
      timeZone: night.timeZone,
      gateway: night.gatewayOrigin,
    };
  });
}

async function readFile(db: SqlReader, night: Night): Promise<FileReport & { alreadyStored: number }> {
  const nothing = { dataLines: 0, accepted: 0, alreadyStored: 0, rejected: {} };
  if (night.fileId === null) return nothing;
  const row = await db.get<{ data_lines: number; accepted: number; already_stored: number }>(
    'select data_lines, accepted, already_stored from plan_file where id = ?',
    [night.fileId],
  );
  if (row === null) return nothing;
  const codes = await db.arrays(
    'select code, count(*) from plan_reject where file_id = ? group by code order by code',
    [night.fileId],
  );
  return {
    dataLines: row.data_lines,
    accepted: row.accepted,
    alreadyStored: row.already_stored,
    rejected: Object.fromEntries(codes.map(([code, count]) => [String(code), Number(count)])),
  };
}

type Findings = Pick<NightReport, 'conservation' | 'reconciliation' | 'otherNights' | 'contradictions'>;

async function readFindings(db: SqlReader, nightId: number, badInput: boolean): Promise<Findings> {
  const ended = await db.get<{ file_lines: number; matched: number; other_nights: number; holds: number }>(
    'select file_lines, matched, other_nights, holds from night_reconciliation where night_id = ?',
    [nightId],
  );
  const rows = await db.arrays(
    'select kind, breaks, count(*) from difference where night_id = ? group by kind, breaks',
    [nightId],
  );
  const count = new Map(rows.map(([kind, , n]) => [String(kind), Number(n)]));
  const breaking = rows.filter(([, breaks]) => Number(breaks) === 1).reduce((sum, [, , n]) => sum + Number(n), 0);
  // A night that was refused debited nothing and needs no proof; any other one without a whole reconciliation has none.
  const isProven = badInput || ended !== null;
  const differences = await readDifferences(db, nightId, 'breaks = 1');
  return {
    conservation: {
      holds: isProven && breaking === 0,
      differences: isProven ? differences : [NOT_RECONCILED, ...differences],
      differencesTotal: breaking + (isProven ? 0 : 1),
    },
    reconciliation: {
      matched: ended?.matched ?? 0,
      onlyOurs: count.get('ONLY_OURS') ?? 0,
      onlyGateway: count.get('ONLY_GATEWAY') ?? 0,
      amountDiffers: count.get('AMOUNT_DIFFERS') ?? 0,
      stateDiffers: count.get('STATE_DIFFERS') ?? 0,
      doubleDebits: count.get('DOUBLE_DEBIT') ?? 0,
      fileLines: ended?.file_lines ?? 0,
    },
    otherNights: ended?.other_nights ?? 0,
    contradictions: await readDifferences(db, nightId, 'breaks = 0'),
  };
}

export const NOT_RECONCILED: ReportedDifference = {
  kind: 'NOT_RECONCILED',
  requestNo: null,
  gatewayRef: null,
  contractNo: null,
  period: null,
  leg: null,
  currency: null,
  oursMinor: null,
  gatewayMinor: null,
  note: 'the reconciliation of this night did not come to its end: nothing is proven',
};

async function readDifferences(
  db: SqlReader,
  nightId: number,
  which: 'breaks = 1' | 'breaks = 0',
): Promise<ReportedDifference[]> {
  const rows = await db.arrays(
    `select kind, request_no, gateway_ref, contract_no, period, leg, currency, ours_minor, gateway_minor, note
       from difference where night_id = ? and ${which} order by id limit ${DIFFERENCES_IN_JSON}`,
    [nightId],
  );
  return rows.map((row) => ({
    kind: String(row[0]),
    requestNo: text(row[1]),
    gatewayRef: text(row[2]),
    contractNo: text(row[3]),
    period: row[4] == null ? null : Number(row[4]),
    leg: text(row[5]),
    currency: text(row[6]),
    oursMinor: row[7] == null ? null : BigInt(String(row[7])),
    gatewayMinor: digitsOrText(text(row[8])),
    note: text(row[9]),
  }));
}

const text = (value: SqlValue | undefined): string | null => (value == null ? null : String(value));

const digitsOrText = (written: string | null): bigint | string | null =>
  written !== null && /^(?:0|-?[1-9][0-9]*)$/.test(written) ? BigInt(written) : written;
