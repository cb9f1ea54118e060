import { type CallbackMessage, CODE_FAIL } from '../../shared/protocol/wire.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import type { Attempt, AttemptOutcome } from '../handler/attempt.ts';
import { callbackLane, enqueueAll } from './outbox.ts';
import { isRunIdDerived } from './read-run-request.ts';

/** Who writes: the node's address and this very start of it. */
export interface NodeIdentity {
  readonly address: string;
  readonly incarnation: string;
  /** Whose results are told with its group's token; default: anybody's who shares the store. */
  readonly group?: string;
}

/**
 * - accepted: it is ours to run.
 * - ended: it ran before; its result was put into the outbox again.
 * - lost: another process (an earlier start, as a rule) had it; how far it came is not known.
 * - foreign: the number belongs to another job or run, so the asker counts in another store than this one knows.
 */
export type Acceptance = 'accepted' | 'ended' | 'lost' | 'foreign';

interface AttemptRow {
  readonly log_id: number;
  readonly address: string;
  readonly incarnation: string;
  readonly job_id: number;
  readonly run_id: number;
  readonly shard_index: number;
  readonly log_date_time: number;
  readonly attempt: number;
  readonly state: 'accepted' | 'ended' | 'lost';
  readonly handle_code: number | null;
  readonly handle_msg: string | null;
  readonly result: string | null;
}

/**
 * Writes attempts down, unless their logIds are there already, all in one transaction. Committed before the scheduler is
 * told 200. One answer for each, in order.
 */
export async function acceptAttempts(
  store: SqlStore,
  attempts: readonly Attempt[],
  node: NodeIdentity,
): Promise<readonly Acceptance[]> {
  return await store.transaction('accept-attempt', async (tx) => {
    const known = await findAttempts(
      tx,
      attempts.map(({ logId }) => logId),
    );
    const verdicts = attempts.map((attempt) => judge(attempt, known.get(attempt.logId), node));
    await insertAttempts(
      tx,
      attempts.filter(({ logId }) => !known.has(logId)),
      node,
    );
    const toldAgain = attempts.filter((_, at) => verdicts[at] === 'ended');
    await enqueueResults(
      tx,
      toldAgain.map(({ logId }) => known.get(logId) as AttemptRow),
      node,
    );
    return verdicts;
  });
}

function judge(attempt: Attempt, known: AttemptRow | undefined, node: NodeIdentity): Acceptance {
  if (known === undefined) return 'accepted';
  const { job_id: jobId, run_id: runId, shard_index: shardIndex } = known;
  if (!isSameAttempt({ jobId, runId, shardIndex }, attempt)) return 'foreign';
  if (known.state === 'ended') return 'ended';
  // Ours, yet not in memory: the commit went through and its answer was lost. It never began, so it is taken now.
  const halfTaken = known.state === 'accepted' && isOurs(known, node);
  return halfTaken ? 'accepted' : 'lost';
}

export interface AttemptEnding {
  readonly logId: number;
  readonly outcome: AttemptOutcome;
  /** Its log has no file, because nothing was written into it. Default false. */
  readonly silent?: boolean;
}

/** The outcomes and the messages that tell of them, in one transaction. Writing one twice changes nothing. */
export async function endAttempts(store: SqlStore, ends: readonly AttemptEnding[], by: Teller = {}): Promise<void> {
  await store.transaction('end-attempt', (tx) => writeEnds(tx, ends, by));
}

type Teller = Pick<NodeIdentity, 'group'>;

async function writeEnds(tx: SqlTx, ends: readonly AttemptEnding[], by: Teller): Promise<void> {
  const known = await findAttempts(
    tx,
    ends.map(({ logId }) => logId),
  );
  const first = new Map<number, AttemptEnding>();
  for (const end of ends) {
    if (known.get(end.logId)?.state === 'accepted' && !first.has(end.logId)) first.set(end.logId, end);
  }
  await tx.updateRows(
    {
      table: 'x_attempt',
      key: ['log_id'],
      set: ['state', 'ended_at', 'handle_code', 'handle_msg', 'result', 'silent'],
      guard: `state = 'accepted'`,
    },
    [...first.values()].map(({ logId, outcome: { code, message, result }, silent = false }) => [
      logId,
      'ended',
      tx.nowMs,
      code,
      message,
      result,
      silent ? 1 : 0,
    ]),
  );
  await enqueueResults(
    tx,
    [...first.values()].map(({ logId, outcome: { code, message, result } }) => ({
      ...(known.get(logId) as AttemptRow),
      handle_code: code,
      handle_msg: message,
      result,
    })),
    by,
  );
}

const STARTED_ANEW: AttemptOutcome = {
  code: CODE_FAIL,
  message: 'the executor was started anew before this had ended; how far it came is not known',
  result: null,
};

const isOfAnAdmin = (row: Pick<AttemptRow, 'run_id' | 'log_date_time' | 'job_id'>): boolean =>
  isRunIdDerived({ runId: row.run_id, logDateTime: row.log_date_time, jobId: row.job_id });

/**
 * What an earlier start of this node took and never ended is closed as lost, without a result: nobody knows how far it
 * came, and the scheduler learns of the new incarnation and decides. An admin of xxl-job learns of nothing: its run would
 * stay open for ever, so it is told a failure. Returns the logIds. Index: x_attempt_open.
 */
export async function closeFormerAttempts(store: SqlStore, node: NodeIdentity): Promise<number[]> {
  return await store.transaction('close-former-attempts', async (tx) => {
    const former = await tx.all<Pick<AttemptRow, 'log_id' | 'run_id' | 'log_date_time' | 'job_id'>>(
      `select log_id, run_id, log_date_time, job_id from x_attempt where state = 'accepted' and address = ? and incarnation <> ?${tx.forUpdate}`,
      [node.address, node.incarnation],
    );
    await tx.updateRows(
      { table: 'x_attempt', key: ['log_id'], set: ['state', 'ended_at'], guard: `state = 'accepted'` },
      former.filter((row) => !isOfAnAdmin(row)).map((row) => [row.log_id, 'lost', tx.nowMs]),
    );
    await writeEnds(
      tx,
      former.filter(isOfAnAdmin).map(({ log_id: logId }) => ({ logId, outcome: STARTED_ANEW })),
      node,
    );
    return former.map((row) => row.log_id);
  });
}

export async function removeAttemptsBefore(store: SqlStore, ageMs: number): Promise<number> {
  return await store.transaction('remove-old-attempts', (tx) =>
    tx.run(`delete from x_attempt where state <> 'accepted' and accepted_at < ?`, [tx.nowMs - ageMs]),
  );
}

/** Attempts of every node of this store that have not ended. Index: x_attempt_open. */
export async function listRunningLogIds(store: SqlStore): Promise<number[]> {
  const rows = await store.read('list-running-log-ids', (db) =>
    db.all<Pick<AttemptRow, 'log_id'>>(`select log_id from x_attempt where state = 'accepted'`),
  );
  return rows.map((row) => row.log_id);
}

export interface KnownAttempt {
  readonly ended: boolean;
  readonly logDateTime: number;
  /** How it ended and when, where its log has no file because nothing was written into it. */
  readonly silent: { readonly code: number; readonly message: string; readonly atMs: number } | null;
}

/** What is known here of an attempt that somebody asks the log of; null when it was never taken. */
export async function lookUpAttempt(store: SqlStore, logId: number): Promise<KnownAttempt | null> {
  const row = await store.read('look-up-attempt', (db) =>
    db.get<Omit<AttemptRow, 'log_id'> & { readonly silent: number; readonly ended_at: number | null }>(
      'select state, log_date_time, silent, handle_code, handle_msg, ended_at from x_attempt where log_id = ?',
      [logId],
    ),
  );
  if (row === null) return null;
  const { state, log_date_time: logDateTime, silent, handle_code: code, handle_msg: message, ended_at: atMs } = row;
  const told = silent === 1 && atMs !== null ? { code: code ?? 0, message: message ?? '', atMs } : null;
  return { ended: state !== 'accepted', logDateTime, silent: told };
}

/** Those of them that are written down, at most 500 at a time. */
export async function knownLogIds(store: SqlStore, logIds: readonly number[]): Promise<ReadonlySet<number>> {
  const rows = await store.read('look-up-attempts', (db) =>
    db.all<Pick<AttemptRow, 'log_id'>>(
      `select log_id from x_attempt where log_id in (${logIds.map(() => '?').join(', ')})`,
      logIds,
    ),
  );
  return new Set(rows.map((row) => row.log_id));
}

/** By logId; those that are there, locked in the order of their numbers. */
async function findAttempts(tx: SqlTx, logIds: readonly number[]): Promise<Map<number, AttemptRow>> {
  const found = new Map<number, AttemptRow>();
  for (let from = 0; from < logIds.length; from += IDS_AT_ONCE) {
    const ids = logIds.slice(from, from + IDS_AT_ONCE);
    const rows = await tx.all<AttemptRow>(
      `select log_id, address, incarnation, job_id, run_id, shard_index, log_date_time, attempt, state, handle_code,
         handle_msg, result from x_attempt where log_id in (${ids.map(() => '?').join(', ')})
       order by log_id${tx.forUpdate}`,
      ids,
    );
    for (const row of rows) found.set(row.log_id, row);
  }
  return found;
}

const IDS_AT_ONCE = 500;

async function insertAttempts(tx: SqlTx, attempts: readonly Attempt[], node: NodeIdentity): Promise<void> {
  const columns = ['log_id', 'address', 'incarnation', 'job_id', 'handler', 'run_id', 'shard_index', 'shard_total'];
  await tx.insertRows(
    { table: 'x_attempt', columns: [...columns, 'log_date_time', 'attempt', 'accepted_at'] },
    attempts.map((attempt) => [
      attempt.logId,
      node.address,
      node.incarnation,
      attempt.jobId,
      attempt.handler,
      attempt.runId,
      attempt.shardIndex,
      attempt.shardTotal,
      attempt.logDateTime,
      attempt.attempt,
      tx.nowMs,
    ]),
  );
}

async function enqueueResults(tx: SqlTx, rows: readonly AttemptRow[], { group }: Teller): Promise<void> {
  const kind = group === undefined ? 'callback' : callbackLane(group);
  await enqueueAll(
    tx,
    rows.map((row) => ({ kind, dedupKey: `attempt:${row.log_id}`, body: callbackOf(row) })),
  );
}

const callbackOf = (row: AttemptRow): CallbackMessage => ({
  logId: row.log_id,
  logDateTime: row.log_date_time,
  handleCode: row.handle_code ?? 0,
  handleMsg: row.handle_msg,
  attempt: row.attempt,
  ...(row.result === null ? {} : { result: row.result }),
});

type WhatFor = Pick<Attempt, 'jobId' | 'runId' | 'shardIndex'>;

/** Whether two requests of one logId ask for the same thing. */
export const isSameAttempt = (one: WhatFor, other: WhatFor): boolean =>
  one.jobId === other.jobId && one.runId === other.runId && one.shardIndex === other.shardIndex;

const isOurs = (known: AttemptRow, node: NodeIdentity): boolean =>
  known.address === node.address && known.incarnation === node.incarnation;
