import { type CallbackMessage, CODE_FAIL } from '../../shared/protocol/wire.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import type { Attempt, AttemptOutcome } from '../handler/attempt.ts';
import { enqueueOutbox } from './outbox.ts';
import { isRunIdDerived } from './read-run-request.ts';

/** Who writes: the node's address and this very start of it. */
export interface NodeIdentity {
  readonly address: string;
  readonly incarnation: string;
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

/** Writes the attempt down, unless its logId is there already. Committed before the scheduler is told 200. */
export async function acceptAttempt(store: SqlStore, attempt: Attempt, node: NodeIdentity): Promise<Acceptance> {
  return await store.transaction('accept-attempt', async (tx) => {
    const known = await findAttempt(tx, attempt.logId);
    if (known === null) {
      await insertAttempt(tx, attempt, node);
      return 'accepted';
    }
    const { job_id: jobId, run_id: runId, shard_index: shardIndex } = known;
    if (!isSameAttempt({ jobId, runId, shardIndex }, attempt)) return 'foreign';
    if (known.state === 'ended') {
      await enqueueResult(tx, known);
      return 'ended';
    }
    // Ours, yet not in memory: the commit went through and its answer was lost. It never began, so it is taken now.
    const halfTaken = known.state === 'accepted' && isOurs(known, node);
    return halfTaken ? 'accepted' : 'lost';
  });
}

/** The outcome and the message that tells of it, in one transaction. Writing it twice changes nothing. */
export async function endAttempt(store: SqlStore, logId: number, outcome: AttemptOutcome): Promise<void> {
  await store.transaction('end-attempt', (tx) => writeEnd(tx, logId, outcome));
}

async function writeEnd(tx: SqlTx, logId: number, outcome: AttemptOutcome): Promise<void> {
  const ended = await tx.run(
    `update x_attempt set state = 'ended', ended_at = ?, handle_code = ?, handle_msg = ?, result = ?
     where log_id = ? and state = 'accepted'`,
    [tx.nowMs, outcome.code, outcome.message, outcome.result, logId],
  );
  if (ended === 0) return;
  const row = await findAttempt(tx, logId);
  if (row !== null) await enqueueResult(tx, row);
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
    for (const { log_id: logId } of former.filter(isOfAnAdmin)) await writeEnd(tx, logId, STARTED_ANEW);
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

/** Whether the attempt has an end here, and the day of its log; null when this node does not know it. */
export async function lookUpAttempt(
  store: SqlStore,
  logId: number,
): Promise<{ ended: boolean; logDateTime: number } | null> {
  const row = await store.read('look-up-attempt', (db) =>
    db.get<Pick<AttemptRow, 'state' | 'log_date_time'>>('select state, log_date_time from x_attempt where log_id = ?', [
      logId,
    ]),
  );
  return row === null ? null : { ended: row.state !== 'accepted', logDateTime: row.log_date_time };
}

async function findAttempt(tx: SqlTx, logId: number): Promise<AttemptRow | null> {
  return await tx.get<AttemptRow>(
    `select log_id, address, incarnation, job_id, run_id, shard_index, log_date_time, attempt, state, handle_code,
       handle_msg, result from x_attempt where log_id = ?${tx.forUpdate}`,
    [logId],
  );
}

async function insertAttempt(tx: SqlTx, attempt: Attempt, node: NodeIdentity): Promise<void> {
  await tx.run(
    `insert into x_attempt (log_id, address, incarnation, job_id, handler, run_id, shard_index, shard_total,
       log_date_time, attempt, accepted_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
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
    ],
  );
}

async function enqueueResult(tx: SqlTx, row: AttemptRow): Promise<void> {
  const body: CallbackMessage = {
    logId: row.log_id,
    logDateTime: row.log_date_time,
    handleCode: row.handle_code ?? 0,
    handleMsg: row.handle_msg,
    attempt: row.attempt,
    ...(row.result === null ? {} : { result: row.result }),
  };
  await enqueueOutbox(tx, { kind: 'callback', dedupKey: `attempt:${row.log_id}`, body });
}

type WhatFor = Pick<Attempt, 'jobId' | 'runId' | 'shardIndex'>;

/** Whether two requests of one logId ask for the same thing. */
export const isSameAttempt = (one: WhatFor, other: WhatFor): boolean =>
  one.jobId === other.jobId && one.runId === other.runId && one.shardIndex === other.shardIndex;

const isOurs = (known: AttemptRow, node: NodeIdentity): boolean =>
  known.address === node.address && known.incarnation === node.incarnation;
