import type { SqlReader } from '../../../shared/sql/sql.ts';
import { type SliceCounts, sliceCounts } from '../../inspect/run-counts.ts';

/** Items of one night in one state: how many, and how much (minor units as digit text: sums outgrow 2^53). */
export interface MoneyByState {
  readonly leg: string;
  readonly currency: string;
  readonly state: string;
  readonly count: number;
  readonly amountMinor: string;
}

/** Where the money of a night stands. Reads every item of the night once: for people, not for a loop. */
export async function moneyByState(db: SqlReader, chainRunId: number): Promise<MoneyByState[]> {
  const rows = await db.all<{ leg: string; currency: string; state: string; n: number; amount: string }>(
    `select r.group_name as leg, i.currency, i.state, count(*) as n, cast(sum(i.amount_minor) as char) as amount
       from slice_run r join item i on i.run_id = r.run_id
      where r.chain_run_id = ?
      group by r.group_name, i.currency, i.state
      order by r.group_name, i.currency, i.state`,
    [chainRunId],
  );
  return rows.map((row) => ({
    leg: row.leg,
    currency: row.currency,
    state: row.state,
    count: row.n,
    amountMinor: row.amount,
  }));
}

/** What is open and waiting, by reason and currency: calls without a definite answer, and items behind a gate. */
export interface OpenMoney {
  readonly leg: string;
  readonly reason: string;
  readonly currency: string;
  readonly count: number;
  readonly amountMinor: string;
  readonly oldestOpenedAtMs: number;
}

/** Reads the open table, which is small, whatever the store has seen. */
export async function openMoney(db: SqlReader): Promise<OpenMoney[]> {
  const rows = await db.all<{
    leg: string;
    reason: string;
    currency: string;
    n: number;
    amount: string;
    oldest: number;
  }>(
    `select r.group_name as leg, o.reason, i.currency, count(*) as n, cast(sum(i.amount_minor) as char) as amount,
            min(o.opened_at) as oldest
       from open_item o
       join item i on i.run_id = o.run_id and i.slice_no = o.slice_no and i.seq = o.seq
       join slice_run r on r.run_id = o.run_id
      group by r.group_name, o.reason, i.currency
      order by r.group_name, o.reason, i.currency`,
  );
  return rows.map((row) => ({
    leg: row.leg,
    reason: row.reason,
    currency: row.currency,
    count: row.n,
    amountMinor: row.amount,
    oldestOpenedAtMs: row.oldest,
  }));
}

/** How far each leg of a night is, from its slices (at most 2,048 a run): cheap enough for twice a second. */
export async function legProgress(
  db: SqlReader,
  chainRunId: number,
): Promise<{ leg: string; done: number; total: number }[]> {
  const runs = await db.all<{ runId: number; leg: string }>(
    'select run_id as runId, group_name as leg from slice_run where chain_run_id = ? order by run_id',
    [chainRunId],
  );
  const legs: { leg: string; done: number; total: number }[] = [];
  for (const { runId, leg } of runs) {
    const slices = await sliceCounts(db, runId);
    const sum = (of: (slice: SliceCounts) => number) => slices.reduce((all, slice) => all + of(slice), 0);
    if (slices.length > 0) legs.push({ leg, done: sum(({ settled }) => settled), total: sum(({ items }) => items) });
  }
  return legs;
}

/** One line of an item's story, oldest first. */
export interface ItemEvent {
  readonly atMs: number;
  /** In English. */
  readonly what: string;
  /** The same as a word and its values, for who says it in another language. */
  readonly says: Said;
}

/** What happened, without a language: docs/admin.md has the words. */
export interface Said {
  readonly code: 'call_stored' | 'call_settled' | 'resolved' | 'evidence';
  readonly values: Readonly<Record<string, string | number>>;
}

/** The story of the item behind a request number: its calls, what was answered, and who judged it. */
export async function itemEvents(db: SqlReader, runId: number, requestNo: string): Promise<ItemEvent[]> {
  const place = await db.get<{ slice_no: number; seq: number; subject: number; downstream_id: number }>(
    'select slice_no, seq, subject, downstream_id from call_out where run_id = ? and request_no = ?',
    [runId, requestNo],
  );
  if (place === null) return [];
  const calls = await db.all<CallRow>(
    `select request_no, presentation, attempt, sends, state, code, gateway_ref, settled_by, settled_at, stored_at
       from call_out where downstream_id = ? and subject = ? order by presentation, attempt`,
    [place.downstream_id, place.subject],
  );
  const resolutions = await db.all<ResolutionRow>(
    'select resolved_as, made_by, approved_by, reason, at_ms from resolution where request_no = ? order by id',
    [requestNo],
  );
  return [...calls.flatMap(callEvents), ...resolutions.map(resolutionEvent)].sort((a, b) => a.atMs - b.atMs);
}

interface CallRow {
  request_no: string;
  presentation: number;
  attempt: number;
  sends: number;
  state: string;
  code: string | null;
  gateway_ref: string | null;
  settled_by: string | null;
  settled_at: number | null;
  stored_at: number;
}

interface ResolutionRow {
  resolved_as: string;
  made_by: string;
  approved_by: string;
  reason: string;
  at_ms: number;
}

function callEvents(call: CallRow): ItemEvent[] {
  const { request_no: requestNo, presentation, attempt, sends, state } = call;
  const stored: ItemEvent = {
    atMs: call.stored_at,
    what: `call ${requestNo} stored (presentation ${presentation}, attempt ${attempt}), sent ${sends} times`,
    says: { code: 'call_stored', values: { requestNo, presentation, attempt, sends } },
  };
  if (call.settled_at === null) return [stored];
  const facts = [call.code, call.gateway_ref].filter((fact) => fact !== null).join(', ');
  const by = call.settled_by ?? 'nobody';
  const what = `call ${requestNo} ${state} by ${by}${facts === '' ? '' : ` (${facts})`}`;
  return [
    stored,
    { atMs: call.settled_at, what, says: { code: 'call_settled', values: { requestNo, state, by, facts } } },
  ];
}

function resolutionEvent(row: ResolutionRow): ItemEvent {
  const { resolved_as: as, made_by: by, approved_by: approvedBy, reason, at_ms: atMs } = row;
  return {
    atMs,
    what: `resolved as ${as} by ${by}, approved by ${approvedBy}: ${reason}`,
    says: { code: 'resolved', values: { as, by, approvedBy, reason } },
  };
}
