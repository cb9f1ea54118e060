import { createHash } from 'node:crypto';
import { DaybreakError, LeaseLostError } from '../../shared/errors.ts';
import type { SqlReader, SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import type { JsonValue } from '../handler/handler-context.ts';
import { type Checkpoint, type CheckpointStore, isSamePosition, type SkippedItem } from './checkpoint.ts';
import type { StepCounts } from './step-counts.ts';

export type JobParameters = Readonly<Record<string, string | number | boolean | null>>;
export type ExecutionStatus = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'STOPPED' | 'UNKNOWN';

/** One execution of an instance, for as long as its epoch is the instance's. */
export interface Execution {
  readonly instanceId: number;
  readonly epoch: number;
  readonly leaseMs: number;
}

/** The same for every order of the parameters: 64 hex characters. */
export function instanceKeyOf(params: JobParameters): string {
  const sorted = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/**
 * Begins an execution: of a new instance, or again of one that failed, was stopped, or lost its process. Throws
 * CONFLICT for one that is complete, and for one that runs (retryable: when its lease ends, it may be taken up).
 */
export async function beginExecution(
  store: SqlStore,
  given: { job: string; identifying: JobParameters; params: JobParameters; owner: string; leaseMs: number },
): Promise<Execution> {
  const { job, identifying, params, owner, leaseMs } = given;
  return store.transaction('begin-batch-execution', async (tx) => {
    const key = instanceKeyOf(identifying);
    const columns = ['job', 'instance_key', 'params', 'status', 'created_at'];
    const fresh = [job, key, JSON.stringify(identifying), 'STOPPED', tx.nowMs];
    await tx.insertRows({ table: 'batch_instance', columns, onConflict: 'ignore' }, [fresh]);
    const found = await tx.get<{ id: number; status: ExecutionStatus; epoch: number; lease_until: number }>(
      `select id, status, epoch, lease_until from batch_instance where job = ? and instance_key = ?${tx.forUpdate}`,
      [job, key],
    );
    if (found === null) throw new Error(`batch job ${job}: its instance was inserted and is not there`);
    refuseWhenTaken(job, identifying, found, tx.nowMs);
    const epoch = found.epoch + 1;
    await tx.run(`update batch_instance set status = 'RUNNING', epoch = ?, lease_until = ? where id = ?`, [
      epoch,
      tx.nowMs + leaseMs,
      found.id,
    ]);
    await tx.run(
      `update batch_execution set status = 'UNKNOWN', ended_at = ?, message = 'its process ended without a word'
       where instance_id = ? and status = 'RUNNING'`,
      [tx.nowMs, found.id],
    );
    await tx.insertRows(
      {
        table: 'batch_execution',
        columns: ['instance_id', 'epoch', 'owner', 'params', 'status', 'started_at'],
      },
      [[found.id, epoch, owner, JSON.stringify(params), 'RUNNING', tx.nowMs]],
    );
    return { instanceId: found.id, epoch, leaseMs };
  });
}

function refuseWhenTaken(
  job: string,
  identifying: JobParameters,
  found: { id: number; status: ExecutionStatus; lease_until: number },
  nowMs: number,
): void {
  const which = `batch job ${job} with ${JSON.stringify(identifying)}`;
  const details = { job, instanceId: found.id };
  if (found.status === 'COMPLETED') {
    throw new DaybreakError(
      'CONFLICT',
      `${which} is complete already: give it another identifying parameter to run again`,
      {
        details,
      },
    );
  }
  if (found.status === 'RUNNING' && found.lease_until > nowMs) {
    throw new DaybreakError(
      'CONFLICT',
      `${which} is running; if its process is gone, it is free in ${found.lease_until - nowMs} ms`,
      {
        details,
        retryable: true,
      },
    );
  }
}

export interface CompletedInstance {
  readonly instanceId: number;
  readonly epoch: number;
  /** Of its steps, over all executions. */
  readonly steps: ReadonlyMap<string, StepCounts>;
}

/** The instance, if it is complete. */
export async function completedInstance(
  store: SqlStore,
  job: string,
  identifying: JobParameters,
): Promise<CompletedInstance | null> {
  return store.read('find-completed-batch-instance', async (db) => {
    const found = await db.get<{ id: number; epoch: number }>(
      `select id, epoch from batch_instance where job = ? and instance_key = ? and status = 'COMPLETED'`,
      [job, instanceKeyOf(identifying)],
    );
    if (found === null) return null;
    const rows = await db.all<{ step: string }>('select step from batch_step where instance_id = ?', [found.id]);
    const steps = new Map<string, StepCounts>();
    for (const { step } of rows) steps.set(step, (await readStep(db, { instanceId: found.id }, step)).counts);
    return { instanceId: found.id, epoch: found.epoch, steps };
  });
}

/** Throws LEASE_LOST when another execution has taken the instance over. Keeps the row until the commit. */
async function assertOwned(tx: SqlTx, { instanceId, epoch }: Execution): Promise<void> {
  const row = await tx.get<{ epoch: number }>(
    `select epoch from batch_instance where id = ? and status = 'RUNNING'${tx.forUpdate}`,
    [instanceId],
  );
  if (row?.epoch === epoch) return;
  throw new LeaseLostError(
    `batch instance ${instanceId}: execution ${epoch} was overtaken by ${row?.epoch ?? 'its end'}`,
    {
      details: { instanceId, epoch },
    },
  );
}

export async function renewLease(store: SqlStore, execution: Execution): Promise<void> {
  await store.transaction('renew-batch-lease', async (tx) => {
    await assertOwned(tx, execution);
    await extendLease(tx, execution);
  });
}

async function extendLease(tx: SqlTx, { instanceId, leaseMs }: Execution): Promise<void> {
  await tx.run('update batch_instance set lease_until = ? where id = ?', [tx.nowMs + leaseMs, instanceId]);
}

export async function endExecution(
  store: SqlStore,
  execution: Execution,
  status: Exclude<ExecutionStatus, 'RUNNING'>,
  message: string | null,
): Promise<void> {
  await store.transaction('end-batch-execution', async (tx) => {
    await assertOwned(tx, execution);
    const { instanceId, epoch } = execution;
    await tx.run('update batch_instance set status = ?, lease_until = 0 where id = ?', [status, instanceId]);
    await tx.run(
      'update batch_execution set status = ?, ended_at = ?, message = ? where instance_id = ? and epoch = ?',
      [status, tx.nowMs, message, instanceId, epoch],
    );
  });
}

export interface StoredStep {
  readonly state: 'OPEN' | 'COMPLETED';
  readonly position: string | null;
  readonly counts: StepCounts;
}

/** The step's row, made when it is the step's first time. */
export async function beginStep(store: SqlStore, execution: Execution, step: string): Promise<StoredStep> {
  return store.transaction('begin-batch-step', async (tx) => {
    await assertOwned(tx, execution);
    await tx.insertRows(
      { table: 'batch_step', columns: ['instance_id', 'step', 'state', 'updated_at'], onConflict: 'ignore' },
      [[execution.instanceId, step, 'OPEN', tx.nowMs]],
    );
    return readStep(tx, execution, step);
  });
}

export async function completeStep(store: SqlStore, execution: Execution, step: string): Promise<void> {
  await store.transaction('complete-batch-step', async (tx) => {
    await assertOwned(tx, execution);
    const text = `update batch_step set state = 'COMPLETED', updated_at = ? where instance_id = ? and step = ?`;
    await tx.run(text, [tx.nowMs, execution.instanceId, step]);
  });
}

async function readStep(
  tx: SqlReader,
  { instanceId }: Pick<Execution, 'instanceId'>,
  step: string,
): Promise<StoredStep> {
  const row = await tx.get<StepRow>(
    `select state, position, read_count, written_count, filtered_count, skipped_read, skipped_process, skipped_write,
     commits from batch_step where instance_id = ? and step = ?`,
    [instanceId, step],
  );
  if (row === null) throw new Error(`batch instance ${instanceId}: step ${step} has no row`);
  const counts: StepCounts = {
    read: row.read_count,
    written: row.written_count,
    filtered: row.filtered_count,
    skippedInRead: row.skipped_read,
    skippedInProcess: row.skipped_process,
    skippedInWrite: row.skipped_write,
    commits: row.commits,
  };
  return { state: row.state, position: row.position, counts };
}

interface StepRow {
  readonly state: 'OPEN' | 'COMPLETED';
  readonly position: string | null;
  readonly read_count: number;
  readonly written_count: number;
  readonly filtered_count: number;
  readonly skipped_read: number;
  readonly skipped_process: number;
  readonly skipped_write: number;
  readonly commits: number;
}

/** The engine's own checkpoint: a row of `batch_step`, fenced by the instance's epoch. Each commit renews the lease. */
export function sqlCheckpointStore<Position extends JsonValue>(
  store: SqlStore,
  execution: Execution,
  step: string,
): CheckpointStore<Position> {
  const checkpointIn = async (tx: SqlReader): Promise<Checkpoint<Position>> => {
    const { position, counts } = await readStep(tx, execution, step);
    return { position: position === null ? null : (JSON.parse(position) as Position), counts };
  };
  return {
    load: () => store.read('read-batch-step', checkpointIn),
    async assertAt(tx, expected) {
      await assertOwned(tx, execution);
      const { position } = await checkpointIn(tx);
      if (isSamePosition(position, expected.position)) return;
      throw new LeaseLostError(`batch step ${step} was moved while its chunk was prepared`, {
        details: { instanceId: execution.instanceId, step },
      });
    },
    async save(tx, { position, counts }, skipped) {
      await extendLease(tx, execution);
      await tx.run(
        `update batch_step set position = ?, read_count = ?, written_count = ?, filtered_count = ?, skipped_read = ?,
         skipped_process = ?, skipped_write = ?, commits = ?, updated_at = ? where instance_id = ? and step = ?`,
        [
          JSON.stringify(position),
          counts.read,
          counts.written,
          counts.filtered,
          counts.skippedInRead,
          counts.skippedInProcess,
          counts.skippedInWrite,
          counts.commits,
          tx.nowMs,
          execution.instanceId,
          step,
        ],
      );
      if (skipped.length > 0) await insertSkips(tx, execution, step, skipped);
    },
  };
}

async function insertSkips(
  tx: SqlTx,
  { instanceId, epoch }: Execution,
  step: string,
  skipped: readonly SkippedItem[],
): Promise<void> {
  const columns = ['instance_id', 'step', 'epoch', 'phase', 'place', 'code', 'message', 'payload', 'skipped_at'];
  const rows = skipped.map((s) => [
    instanceId,
    step,
    epoch,
    s.phase,
    s.place,
    s.code.slice(0, 64),
    s.message,
    s.payload,
    tx.nowMs,
  ]);
  await tx.insertRows({ table: 'batch_skip', columns }, rows);
}
