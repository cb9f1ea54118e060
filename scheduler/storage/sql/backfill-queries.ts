import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { BackfillState } from '../../firing/backfill-transitions.ts';
import type { Scheduled } from './fire-queries.ts';

export interface BackfillRow extends Scheduled {
  readonly id: number;
  readonly requestId: string;
  readonly fromDate: string;
  readonly toDate: string;
  /** The next date to start; null: all are started. */
  readonly nextDate: string | null;
  readonly calendar: string | null;
  readonly parallel: number;
  /** 1 or 0. */
  readonly stopOnFailure: number;
  readonly param: string | null;
  readonly state: BackfillState;
  readonly reason: string | null;
  readonly askedBy: string;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

const COLUMNS = `id, job_id as jobId, chain_id as chainId, request_id as requestId, from_date as fromDate,
  to_date as toDate, next_date as nextDate, calendar, parallel, stop_on_failure as stopOnFailure, param, state, reason,
  asked_by as askedBy, created_at as createdAt, ended_at as endedAt`;

export type NewBackfill = Omit<BackfillRow, 'id' | 'state' | 'reason' | 'createdAt' | 'endedAt'>;

/** Writes it unless the request is there; returns the row of the request either way. */
export async function insertBackfill(
  tx: SqlTx,
  backfill: NewBackfill,
): Promise<{ row: BackfillRow; inserted: boolean }> {
  const inserted = await tx.insertRows(
    {
      table: 's_backfill',
      columns: [
        'job_id',
        'chain_id',
        'request_id',
        'from_date',
        'to_date',
        'next_date',
        'calendar',
        'parallel',
        'stop_on_failure',
        'param',
        'state',
        'asked_by',
        'created_at',
      ],
      onConflict: 'ignore',
    },
    [
      [
        backfill.jobId,
        backfill.chainId,
        backfill.requestId,
        backfill.fromDate,
        backfill.toDate,
        backfill.nextDate,
        backfill.calendar,
        backfill.parallel,
        backfill.stopOnFailure,
        backfill.param,
        'running',
        backfill.askedBy,
        tx.nowMs,
      ],
    ],
  );
  const row = await tx.get<BackfillRow>(`select ${COLUMNS} from s_backfill where request_id = ?`, [backfill.requestId]);
  if (row === null) throw new Error(`backfill ${backfill.requestId} is neither new nor there`);
  return { row, inserted: inserted === 1 };
}

export async function lockBackfill(tx: SqlTx, id: number): Promise<BackfillRow | null> {
  return tx.get(`select ${COLUMNS} from s_backfill where id = ?${tx.forUpdate}`, [id]);
}

/** The same, or null also when another scheduler has it just now. */
export async function pickBackfill(tx: SqlTx, id: number): Promise<BackfillRow | null> {
  return tx.get(`select ${COLUMNS} from s_backfill where id = ?${tx.forUpdateSkipLocked}`, [id]);
}

export async function backfillById(db: SqlReader, id: number): Promise<BackfillRow | null> {
  return db.get(`select ${COLUMNS} from s_backfill where id = ?`, [id]);
}

/** The newest first. */
export async function listBackfills(db: SqlReader, limit: number): Promise<BackfillRow[]> {
  return db.all(`select ${COLUMNS} from s_backfill order by id desc limit ${Math.trunc(limit)}`);
}

/** A person starts each by hand, so the table is small and walked whole. */
export async function runningBackfills(db: SqlReader): Promise<{ id: number }[]> {
  return db.all(`select id from s_backfill where state = 'running' order by id`);
}

export async function moveBackfill(
  tx: SqlTx,
  move: { id: number; from: BackfillState; to: BackfillState; reason: string | null; ended: boolean },
): Promise<boolean> {
  const moved = await tx.run(`update s_backfill set state = ?, reason = ?, ended_at = ? where id = ? and state = ?`, [
    move.to,
    move.reason,
    move.ended ? tx.nowMs : null,
    move.id,
    move.from,
  ]);
  return moved === 1;
}

export async function setNextDate(tx: SqlTx, id: number, nextDate: string | null): Promise<void> {
  await tx.run(`update s_backfill set next_date = ? where id = ?`, [nextDate, id]);
}

export interface BackfillProgress {
  /** Dates whose fire is undecided or held, or whose run is open. */
  readonly open: number;
  readonly succeeded: number;
  /** Dates that ended in any other way. */
  readonly failed: number;
  /** The first of those. */
  readonly failedDate: string | null;
}

// ':' ends the backfill's id in its keys, ';' is the character after it.
const keysOf = (id: number): [string, string] => [`${id}:`, `${id};`];

/** How the dates of a backfill stand (unique key of s_fire by its prefix). */
export async function backfillProgress(db: SqlReader, backfill: BackfillRow): Promise<BackfillProgress> {
  const runs =
    backfill.jobId !== 0
      ? `left join s_run r on r.fire_id = f.id`
      : `left join s_chain_run r on r.chain_id = f.chain_id and r.business_date = f.business_date
           and r.request_id = ${db.dialect === 'sqlite' ? `'fire:' || f.id` : `concat('fire:', f.id)`}`;
  const rows = await db.all<{ kind: 'open' | 'succeeded' | 'failed'; dates: number; firstDate: string }>(
    `select case when f.state in ('planned', 'held') or (f.state = 'fired' and r.ended_at is null) then 'open'
         when r.state = 'succeeded' then 'succeeded' else 'failed' end as kind,
       count(*) as dates, min(f.business_date) as firstDate
      from s_fire f ${runs}
      where f.job_id = ? and f.chain_id = ? and f.origin = 'backfill' and f.dedup_key >= ? and f.dedup_key < ?
      group by kind`,
    [backfill.jobId, backfill.chainId, ...keysOf(backfill.id)],
  );
  const of = (kind: string) => rows.find((row) => row.kind === kind);
  return {
    open: Number(of('open')?.dates ?? 0),
    succeeded: Number(of('succeeded')?.dates ?? 0),
    failed: Number(of('failed')?.dates ?? 0),
    failedDate: of('failed')?.firstDate ?? null,
  };
}

/** The key of a date's fire: a backfill fires each of its dates once, and another backfill fires it anew. */
export const backfillKey = (id: number, date: string): string => `${id}:${date}`;
