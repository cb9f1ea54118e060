import { nextLocalTime } from '../../../shared/business-date.ts';
import { DaybreakError, isDaybreakError } from '../../../shared/errors.ts';
import type { SqlReader, SqlStore, SqlTx } from '../../../shared/sql/sql.ts';
import { decideNightStart, type Night, type NightRequest, type NightStart, type OpenCalls } from './night-start.ts';
import { noteCarriedOver } from './reconcile-carried-over.ts';

/** When the night must be done: the next `timeOfDay` in the zone, or two hours after the first start when null. */
export interface CutOffRule {
  readonly timeOfDay: string | null;
  readonly timeZone: string;
}

export type StartedNight =
  | {
      readonly kind: 'begun' | 'taken-up' | 'report-again' | 'last-pass-again';
      readonly night: Night;
      readonly openCalls: number;
    }
  | Extract<NightStart, { kind: 'refused' }>;

const TWO_HOURS_MS = 2 * 3_600_000;

/** Begins, takes up or refuses the night, in one transaction. The cut-off is computed here once and never again. */
export function startNight(store: SqlStore, request: NightRequest, rule: CutOffRule): Promise<StartedNight> {
  return store.transaction('start-night', async (tx) => {
    const openCalls = await openCallsByGateway(tx);
    const open = openCalls.reduce((sum, { count }) => sum + count, 0);
    const start = decideNightStart(await latestNight(tx, request.businessDate), request, openCalls);
    switch (start.kind) {
      case 'refused':
        return start;
      case 'begin':
        return { kind: 'begun', night: await insertNight(tx, request.businessDate, start.seq, rule), openCalls: open };
      case 'take-up':
        return { kind: 'taken-up', night: start.night, openCalls: open };
      case 'report-again':
      case 'last-pass-again':
        return { kind: start.kind, night: start.night, openCalls: open };
    }
  });
}

async function insertNight(tx: SqlTx, businessDate: string, seq: number, rule: CutOffRule): Promise<Night> {
  const startedAtMs = tx.nowMs;
  const cutOffAtMs =
    rule.timeOfDay === null ? startedAtMs + TWO_HOURS_MS : nextLocalTime(startedAtMs, rule.timeOfDay, rule.timeZone);
  const id = await tx.insertReturningId(
    'insert into night (business_date, seq, cut_off_at, time_zone, started_at) values (?, ?, ?, ?, ?)',
    [businessDate, seq, cutOffAtMs, rule.timeZone, startedAtMs],
  );
  const night = await nightOfId(tx, id);
  await noteCarriedOver(tx, night);
  return night;
}

/** A chain run that a scheduler started by itself. */
export interface NightChainRun {
  readonly chainRunId: number;
  readonly businessDate: string;
  readonly cutOffAtMs: number | null;
  readonly timeZone: string;
  readonly gatewayOrigin: string;
}

/**
 * The night that a chain run works, where the scheduler says when one begins: made at the first call, then found, also by
 * processes that ask at the same time. Throws NIGHT_MISMATCH while calls are open at another gateway.
 */
export async function nightOfChainRun(store: SqlStore, chainRun: NightChainRun): Promise<Night> {
  for (let tries = 1; ; tries++) {
    try {
      return await store.transaction('night-of-chain-run', (tx) => findOrBegin(tx, chainRun));
    } catch (error) {
      // Another process began the first night of this date in the same moment: now it is found.
      if (!isDaybreakError(error, 'SQL_CONFLICT') || tries >= 5) throw error;
    }
  }
}

async function findOrBegin(tx: SqlTx, chainRun: NightChainRun): Promise<Night> {
  const { chainRunId, businessDate, cutOffAtMs, timeZone, gatewayOrigin } = chainRun;
  // The date's latest row is locked before this chain run's is looked for: of two that begin, the second sees the first.
  const latest = await latestNight(tx, businessDate);
  const known = await chainRunNight(tx, chainRunId);
  if (known !== null) return known;
  const elsewhere = (await openCallsByGateway(tx)).find((open) => open.gatewayOrigin !== gatewayOrigin);
  if (elsewhere !== undefined) {
    throw new DaybreakError(
      'NIGHT_MISMATCH',
      `${elsewhere.count} calls are still open at gateway ${elsewhere.gatewayOrigin}, so ${gatewayOrigin} cannot be used: ` +
        'start the executors with the first gateway until they are settled',
    );
  }
  const begun = await insertNight(tx, businessDate, (latest?.seq ?? 0) + 1, { timeOfDay: null, timeZone });
  await tx.run('update night set chain_run_id = ?, gateway_origin = ?, cut_off_at = ? where id = ?', [
    chainRunId,
    gatewayOrigin,
    cutOffAtMs ?? begun.cutOffAtMs,
    begun.id,
  ]);
  return nightOfId(tx, begun.id);
}

/** The night of a chain run, or null when none has begun. */
export const findNightOfChainRun = (store: SqlStore, chainRunId: number): Promise<Night | null> =>
  store.read('find-night-of-chain-run', (db) => chainRunNight(db, chainRunId));

async function chainRunNight(db: SqlReader, chainRunId: number): Promise<Night | null> {
  const row = await db.get<NightRow>(`select ${COLUMNS} from night where chain_run_id = ? order by id desc limit 1`, [
    chainRunId,
  ]);
  return row === null ? null : nightOf(row);
}

/** Nights of other chain runs that have no report, newest first, at most 50. */
export const unfinishedNights = (store: SqlStore, chainRunId: number): Promise<Night[]> =>
  store.read('unfinished-nights', async (db) => {
    const rows = await db.all<NightRow>(
      `select ${COLUMNS} from night where finished_at is null and chain_run_id <> ? order by id desc limit 50`,
      [chainRunId],
    );
    return rows.map(nightOf);
  });

/** The file was accepted: from now on the night takes no other. */
export async function bindPlanFile(store: SqlStore, nightId: number, sha256: string, fileId: number): Promise<void> {
  await store.transaction('bind-plan-file', (tx) =>
    tx.run('update night set plan_sha256 = ?, file_id = ? where id = ? and plan_sha256 is null', [
      sha256,
      fileId,
      nightId,
    ]),
  );
}

/** The gateway answered: from now on the night takes no other. */
export async function bindGateway(store: SqlStore, nightId: number, origin: string): Promise<void> {
  await store.transaction('bind-gateway', (tx) =>
    tx.run('update night set gateway_origin = ? where id = ? and gateway_origin is null', [origin, nightId]),
  );
}

/** The scheduler made the chain run that works this night; another only after one that failed before it debited. */
export async function bindChainRun(store: SqlStore, nightId: number, chainRunId: number): Promise<void> {
  await store.transaction('bind-chain-run', (tx) =>
    tx.run('update night set chain_run_id = ? where id = ?', [chainRunId, nightId]),
  );
}

/** The night has ended with this report; a later last pass may end it once more. */
export async function finishNight(
  store: SqlStore,
  nightId: number,
  exitCode: number,
  report: string | null,
): Promise<void> {
  await store.transaction('finish-night', (tx) =>
    tx.run('update night set finished_at = ?, exit_code = ?, report = ? where id = ?', [
      tx.nowMs,
      exitCode,
      report,
      nightId,
    ]),
  );
}

/** The stored report (JSON text) of a night that has ended, or null. */
export async function storedReport(store: SqlStore, nightId: number): Promise<string | null> {
  const row = await store.read('stored-report', (db) =>
    db.get<{ report: string | null }>('select report from night where id = ?', [nightId]),
  );
  return row?.report ?? null;
}

/** Whether a call of this chain run was ever stored: if not, nothing can have been debited for it. */
export async function hasStoredCalls(store: SqlStore, chainRunId: number | null): Promise<boolean> {
  if (chainRunId === null) return false;
  const row = await store.read('has-stored-calls', (db) =>
    // By the slices: call_out has no index by run, and no call is stored but with its slice's sent_to_seq.
    db.get(
      `select 1 as one from slice_run r join slice s on s.run_id = r.run_id
       where r.chain_run_id = ? and s.sent_to_seq > 0 limit 1`,
      [chainRunId],
    ),
  );
  return row !== null;
}

/** The night as it is stored now. */
export function readNight(store: SqlStore, id: number): Promise<Night> {
  return store.read('read-night', (db) => nightOfId(db, id));
}

/** The latest nights, newest first. */
export function lastNights(db: SqlReader, limit: number): Promise<Night[]> {
  return db
    .all<NightRow>(`select ${COLUMNS} from night order by id desc limit ?`, [limit])
    .then((rows) => rows.map(nightOf));
}

/**
 * The simulator and a URL may both have been used in one store; what is open tells which one must go on. Open is what
 * has a row in the open table, and what was killed between the two transactions of its chunk: those calls are stored
 * and may have been sent, and only their slice's cursors stand for them.
 */
async function openCallsByGateway(db: SqlReader): Promise<OpenCalls[]> {
  const rows = await db.all<{ origin: string; n: number }>(
    `select n.gateway_origin as origin, count(*) as n
       from open_item o
       join item i on i.run_id = o.run_id and i.slice_no = o.slice_no and i.seq = o.seq
       join slice_run r on r.run_id = o.run_id
       join night n on n.chain_run_id = r.chain_run_id
      where i.state = 'PROCESSING' and n.gateway_origin is not null
      group by n.gateway_origin
      union all
     select n.gateway_origin as origin, count(*) as n
       from slice s
       join slice_run r on r.run_id = s.run_id
       join night n on n.chain_run_id = r.chain_run_id
       join item i on i.run_id = s.run_id and i.slice_no = s.slice_no and i.seq > s.cursor_seq and i.seq <= s.sent_to_seq
      where s.sent_to_seq > s.cursor_seq and i.state = 'PROCESSING' and n.gateway_origin is not null
      group by n.gateway_origin`,
  );
  const open = new Map<string, number>();
  for (const { origin, n } of rows) open.set(origin, (open.get(origin) ?? 0) + n);
  return [...open].map(([gatewayOrigin, count]) => ({ gatewayOrigin, count }));
}

async function latestNight(tx: SqlTx, businessDate: string): Promise<Night | null> {
  const row = await tx.get<NightRow>(
    `select ${COLUMNS} from night where business_date = ? order by seq desc limit 1${tx.forUpdate}`,
    [businessDate],
  );
  return row === null ? null : nightOf(row);
}

async function nightOfId(db: SqlReader, id: number): Promise<Night> {
  const row = await db.get<NightRow>(`select ${COLUMNS} from night where id = ?`, [id]);
  if (row === null) throw new RangeError(`night ${id} is not in the store`);
  return nightOf(row);
}

const COLUMNS =
  'id, business_date, seq, chain_run_id, plan_sha256, file_id, gateway_origin, cut_off_at, time_zone, started_at, finished_at, exit_code';

interface NightRow {
  id: number;
  business_date: string;
  seq: number;
  chain_run_id: number | null;
  plan_sha256: string | null;
  file_id: number | null;
  gateway_origin: string | null;
  cut_off_at: number;
  time_zone: string;
  started_at: number;
  finished_at: number | null;
  exit_code: number | null;
}

function nightOf(row: NightRow): Night {
  return {
    id: row.id,
    businessDate: row.business_date,
    seq: row.seq,
    chainRunId: row.chain_run_id,
    planSha256: row.plan_sha256,
    fileId: row.file_id,
    gatewayOrigin: row.gateway_origin,
    cutOffAtMs: row.cut_off_at,
    timeZone: row.time_zone,
    startedAtMs: row.started_at,
    finishedAtMs: row.finished_at,
    exitCode: row.exit_code,
  };
}
