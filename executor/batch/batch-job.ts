import { CommitUnknownError, DaybreakError, isDaybreakError, messageOf } from '../../shared/errors.ts';
import { createLogger, type Logger } from '../../shared/logger.ts';
import { type Hints, NO_HINTS } from '../../shared/redis/hints.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { HandlerContext, JsonValue } from '../handler/handler-context.ts';
import { ProgressTeller } from './batch-progress.ts';
import { runChunkLoop } from './chunk-loop.ts';
import {
  beginExecution,
  beginStep,
  type CompletedInstance,
  completedInstance,
  completeStep,
  type Execution,
  type ExecutionStatus,
  endExecution,
  type JobParameters,
  renewLease,
  sqlCheckpointStore,
} from './job-instance.ts';
import type { ChunkStep } from './step.ts';
import { type StepCounts, subtractCounts } from './step-counts.ts';

/** A step whose item types are its own business; made by `chunkStep`. */
export interface BatchStep {
  readonly name: string;
  run(environment: StepEnvironment): Promise<{ status: 'COMPLETED' | 'STOPPED'; counts: StepCounts }>;
}

export interface StepEnvironment {
  readonly store: SqlStore;
  readonly execution: Execution;
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** After each commit, with the counts of the step so far. */
  readonly onChunk: (counts: StepCounts) => void;
}

export interface BatchJob<Params extends JobParameters> {
  readonly name: string;
  readonly identifying: readonly (keyof Params & string)[] | 'all';
  readonly steps: (params: Params) => readonly BatchStep[];
}

/**
 * Names a batch job: steps that run one after the other, made from the job's parameters. The identifying parameters
 * (default: all) name the instance: one instance is done once, whatever number of executions that takes, and each
 * execution goes on from the last committed chunk.
 * @example
 * const fees = defineBatchJob('fees', {
 *   steps: ({ batchNo }: { batchNo: string }) => [
 *     chunkStep({
 *       name: 'compute',
 *       reader: keysetTableReader<Order>({
 *         store,
 *         table: 'pay_order',
 *         columns: ['cents'],
 *         key: ['id'],
 *         where: { text: 'batch_no = ?', params: [batchNo] },
 *       }),
 *       process: (order): Fee => ({ orderId: order.id, cents: Math.floor((order.cents * 60) / 10_000) }),
 *       writer: multiRowWriter<Fee>({
 *         table: 'fee',
 *         columns: ['order_id', 'cents'],
 *         rowOf: (fee) => [fee.orderId, fee.cents],
 *       }),
 *       skip: { limit: 10 },
 *     }),
 *   ],
 * });
 * const result = await runBatchJob(fees, { store, params: { batchNo: '2026-11-20' }, signal, runtime, logger });
 */
export function defineBatchJob<Params extends JobParameters>(
  name: string,
  definition: {
    readonly steps: (params: Params) => readonly BatchStep[];
    /** Which parameters name the instance; the others may differ from execution to execution. */
    readonly identifying?: readonly (keyof Params & string)[];
  },
): BatchJob<Params> {
  assertName('batch job', name);
  return { name, identifying: definition.identifying ?? 'all', steps: definition.steps };
}

/** A step of `defineBatchJob`: read, process, write, chunk by chunk. */
export function chunkStep<Item, Result, Position extends JsonValue>(
  step: ChunkStep<Item, Result, Position>,
): BatchStep {
  assertName('step', step.name);
  assertWhole(`step ${step.name}: chunkSize`, step.chunkSize ?? 1);
  assertWhole(`step ${step.name}: concurrency`, step.concurrency ?? 1);
  return {
    name: step.name,
    run: ({ store, execution, signal, runtime, logger, onChunk }) => {
      const checkpoints = sqlCheckpointStore<Position>(store, execution, step.name);
      const told = { onChunk: ({ counts }: { counts: StepCounts }) => onChunk(counts) };
      return runChunkLoop(step, { store, checkpoints, signal, runtime, logger, ...told });
    },
  };
}

export interface RunBatchJobOptions<Params extends JobParameters> {
  readonly store: SqlStore;
  readonly params: Params;
  /**
   * The handler's context, for an instance of its own per run and shard: attempts at the shard, and runs that resume this
   * one, go on at its checkpoint (and a shard that is complete already stays so); any other run begins anew with the same
   * parameters. Default: the parameters alone name the instance, in whatever run.
   */
  readonly run?: Pick<HandlerContext, 'runId' | 'resumesRunId' | 'shardIndex' | 'shardTotal'>;
  /** Aborted: the job ends STOPPED after the chunk in hand; the same call goes on later. */
  readonly signal: AbortSignal;
  /** Default: the system's clock and timers. */
  readonly runtime?: Runtime;
  /** Default: JSON lines on standard error. */
  readonly logger?: Logger;
  /** How long a dead process keeps its instance from others; default 10,000 ms. */
  readonly leaseMs?: number;
  /** Where live progress is told (see `readBatchProgress`); default: in one row of the store alone. */
  readonly hints?: Hints;
}

export interface StepResult {
  readonly name: string;
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  /** Of the instance, over all its executions. */
  readonly counts: StepCounts;
  /** Of this execution alone. */
  readonly executionCounts: StepCounts;
}

/** UNKNOWN: the answer to a commit was lost and the store could not be asked; the next execution asks it. */
export type BatchJobResult = {
  readonly instanceId: number;
  readonly execution: number;
  readonly steps: readonly StepResult[];
} & ({ readonly status: 'COMPLETED' | 'STOPPED' } | { readonly status: 'FAILED' | 'UNKNOWN'; readonly error: unknown });

/**
 * Runs one execution. Throws CONFLICT when the instance is complete or running, and LEASE_LOST when another execution
 * took it over; a failing step is a result, with its error and with all that was committed before it.
 */
export async function runBatchJob<Params extends JobParameters>(
  job: BatchJob<Params>,
  options: RunBatchJobOptions<Params>,
): Promise<BatchJobResult> {
  const { store, params, runtime = systemRuntime(), logger = createLogger({ name: 'batch' }) } = options;
  const steps = job.steps(params);
  assertSteps(job.name, steps);
  const identifying = {
    ...(job.identifying === 'all' ? params : pick(params, job.identifying)),
    ...(options.run === undefined ? {} : partOfRun(options.run)),
  };
  if (options.run !== undefined) {
    const complete = await completedInstance(store, job.name, identifying);
    if (complete !== null) return resultOf(complete, steps);
  }
  const execution = await beginExecution(store, {
    job: job.name,
    identifying,
    params,
    owner: runtime.random.ulid(),
    leaseMs: options.leaseMs ?? LEASE_MS,
  });
  const lease = keepLease({ store, runtime, logger, signal: options.signal }, execution);
  const progress = new ProgressTeller({ store, execution, runtime, logger, hints: options.hints ?? NO_HINTS });
  const onChunk = (counts: StepCounts): void => progress.chunk(counts);
  const environment: StepEnvironment = { store, execution, signal: lease.signal, runtime, logger, onChunk };
  const results: StepResult[] = [];
  const ended = { instanceId: execution.instanceId, execution: execution.epoch, steps: results };
  try {
    progress.begin();
    for (const step of steps) {
      const result = await runStep(step, environment);
      results.push(result);
      progress.step(result.counts);
      if (result.status === 'STOPPED') break;
    }
    const lost = await lease.end();
    if (lost !== null) throw lost;
    const status = results.at(-1)?.status === 'STOPPED' ? 'STOPPED' : 'COMPLETED';
    await endExecution(store, execution, status, null);
    await progress.end(status);
    return { ...ended, status };
  } catch (error) {
    const lost = await lease.end();
    if (lost !== null || isDaybreakError(error, 'LEASE_LOST')) throw lost ?? error;
    const status = error instanceof CommitUnknownError ? 'UNKNOWN' : 'FAILED';
    logger.error({ job: job.name, ...ended, err: error }, `batch job ${job.name} ended ${status}`);
    await endExecution(store, execution, status, messageOf(error));
    await progress.end(status);
    return { ...ended, status, error };
  }
}

/** Names that no parameter should have. */
const partOfRun = (run: NonNullable<RunBatchJobOptions<JobParameters>['run']>): JobParameters => ({
  $run: run.resumesRunId ?? run.runId,
  $shard: `${run.shardIndex}/${run.shardTotal}`,
});

/** An attempt that ended without a word may have completed the instance: the next one says so, and does nothing. */
function resultOf(complete: CompletedInstance, steps: readonly BatchStep[]): BatchJobResult {
  const results = steps.flatMap(({ name }): StepResult[] => {
    const counts = complete.steps.get(name);
    if (counts === undefined) return [];
    return [{ name, status: 'COMPLETED', counts, executionCounts: subtractCounts(counts, counts) }];
  });
  return { instanceId: complete.instanceId, execution: complete.epoch, steps: results, status: 'COMPLETED' };
}

async function runStep(step: BatchStep, environment: StepEnvironment): Promise<StepResult> {
  const { store, execution } = environment;
  const before = await beginStep(store, execution, step.name);
  if (before.state === 'COMPLETED') {
    const executionCounts = subtractCounts(before.counts, before.counts);
    return { name: step.name, status: 'COMPLETED', counts: before.counts, executionCounts };
  }
  const { status, counts } = await step.run(environment);
  if (status === 'COMPLETED') await completeStep(store, execution, step.name);
  return { name: step.name, status, counts, executionCounts: subtractCounts(counts, before.counts) };
}

const LEASE_MS = 10_000;

/**
 * Renews the lease while a chunk takes long to process; its signal also ends when the lease is lost. A renewal that
 * fails otherwise is tried again at the next turn: what keeps a stale worker from writing is the epoch, not this.
 */
function keepLease(
  { store, runtime, signal, logger }: Omit<StepEnvironment, 'execution' | 'onChunk'>,
  execution: Execution,
): { readonly signal: AbortSignal; end(): Promise<DaybreakError | null> } {
  const over = new AbortController();
  const lost = new AbortController();
  let loss: DaybreakError | null = null;
  const renew = async (): Promise<void> => {
    try {
      await renewLease(store, execution);
    } catch (error) {
      if (isDaybreakError(error, 'LEASE_LOST')) {
        loss = error;
        lost.abort(error);
      } else logger.warn({ execution, err: error }, `the lease could not be renewed: ${messageOf(error)}`);
    }
  };
  const renewing = (async () => {
    while (!over.signal.aborted && loss === null) {
      if (await slept(runtime, execution.leaseMs / 3, over.signal)) await renew();
    }
  })();
  return {
    signal: AbortSignal.any([signal, lost.signal]),
    async end() {
      over.abort();
      await renewing;
      return loss;
    },
  };
}

/** False when the signal ended the sleep. */
async function slept(runtime: Runtime, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await runtime.sleep(ms, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

function pick<Params extends JobParameters>(params: Params, names: readonly (keyof Params & string)[]): JobParameters {
  return Object.fromEntries(names.map((name) => [name, params[name] ?? null]));
}

function assertSteps(job: string, steps: readonly BatchStep[]): void {
  if (steps.length === 0) throw new DaybreakError('BAD_OPTION', `batch job ${job} has no steps`);
  const names = steps.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new DaybreakError('BAD_OPTION', `batch job ${job} has two steps named ${twice}`);
}

function assertName(what: string, name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name)) return;
  throw new DaybreakError('BAD_OPTION', `${what} "${name}": use letters, digits, "_", "." and "-", at most 64`);
}

function assertWhole(what: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new DaybreakError('BAD_OPTION', `${what} is ${value}: it must be a whole number of at least 1`);
}
