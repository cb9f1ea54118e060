import { DaybreakError } from '../../shared/errors.ts';
import { createLogger, type Logger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import type { SqlReader, SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { attemptOwner } from '../handler/attempt-owner.ts';
import { type DefinedHandler, defineHandler } from '../handler/define-handler.ts';
import type { HandlerContext, RunLog } from '../handler/handler-context.ts';
import { freezeSelection, NO_DOWNSTREAM } from './freeze-selection.ts';
import type { SelectedRow, SelectionPage } from './selection.ts';
import { LEASE_MS } from './slice-lease.ts';
import { firstRows, SlicedWork } from './sliced-work.ts';
import { NO_THROTTLE, type Throttle } from './throttle.ts';
import { throttleOf } from './throttle-of.ts';
import { createVolunteer, type OpenRun, type Volunteer } from './volunteer.ts';
import { workSlices } from './work-slices.ts';
import { WorkingRuns } from './working-runs.ts';

/** What the functions of a sliced job are told of the run. */
export interface SlicedRunContext {
  readonly runId: number;
  readonly businessDate: string;
  /** Aborted when the attempt is to stop: a process that heeds it lets the slice go sooner. */
  readonly signal: AbortSignal;
  readonly log: RunLog;
}

export interface SlicedJobDefinition<Row extends { readonly subject: number }, Result = Row> {
  /** What the scheduler's jobs call it; 1 to 64 characters. */
  readonly name: string;
  /** The store that executors share: slices are leased in it, and `write` writes to it. */
  readonly store: SqlStore;
  /**
   * What rows are kept together by, in words, e.g. `merchant`; then `selectPage` gives each row a `key`. All rows of a
   * key lie in one slice and are worked one after the other. Default: slices are ranges of rows.
   */
  readonly sliceBy?: string;
  /** How many rows there are, about: decides how they are cut. */
  count(db: SqlReader, due: { readonly businessDate: string; readonly highWater: number }): Promise<number>;
  /** The largest subject that is in the run. Default: whatever is there while the selection is frozen. */
  highWater?(db: SqlReader): Promise<number>;
  /**
   * The rows behind the last one of the page before, at most `limit`, in ascending order of subject; with `sliceBy` in
   * order of key, then subject. A subject is a whole number, such as the row's id.
   */
  selectPage(db: SqlReader, page: SelectionPage): Promise<readonly SelectedRow[]>;
  /** What processing needs of a chunk's rows, in any order. Default: the subject alone. */
  read?(db: SqlReader, subjects: readonly number[], run: SlicedRunContext): Promise<readonly Row[]>;
  /**
   * Outside any transaction, `concurrency` rows side by side. It may be called again for a row whose chunk was not
   * committed, so an effect outside the store needs an idempotency key of its own. A row for which it throws is listed
   * as bad. Default: the row itself.
   */
  process?(row: Row, run: SlicedRunContext): Promise<Result>;
  /** Writes a chunk's results through `tx` and nothing else: with the cursor, exactly once. */
  write(tx: SqlTx, results: readonly Result[], run: SlicedRunContext): Promise<void>;
  /** Rows per chunk at most, so per transaction; what a lost node has worked in vain is one chunk. Default 500. */
  readonly chunkSize?: number;
  /** A chunk has as many rows as take about so many ms: what is in hand is nobody else's to take. Default 1,000. */
  readonly chunkMs?: number;
  /** Rows in processing at the same time, per slice. Default 8. */
  readonly concurrency?: number;
  /** Slices that one shard works at the same time. Default 3. */
  readonly slicesAtOnce?: number;
  /** ms a slice is held without a renewal: so long a killed node's slices lie still. Default 10,000. */
  readonly leaseMs?: number;
  /** ms without a row done after which a slice is given up for lost. Default 60,000. */
  readonly stallMs?: number;
  /** A split gives away at least so many rows. Default: an eighth of the chunk size. */
  readonly splitRowsMin?: number;
  /** Bad rows of a run; one more fails the attempt. Default 100. */
  readonly badRowsMax?: number;
  /** Used where the job's definition at the scheduler bounds nothing; made anew for each attempt. Default: none. */
  readonly throttle?: () => Throttle;
  /** Default: this machine's. */
  readonly runtime?: Runtime;
}

export interface SlicedJobResult {
  readonly slices: number;
  /** Of these: taken from other shards; split off slices that others hold. */
  readonly stolen: number;
  readonly split: number;
  readonly rows: number;
  readonly bad: number;
}

/** A handler, and what volunteers and people need of it. */
export interface SlicedJob extends DefinedHandler {
  /** Works slices of open runs of this job for which this process has no shard, once. */
  volunteerOnce(signal: AbortSignal): Promise<{ readonly helped: number }>;
  /** Does so all the time, looking every `lookMs` (default 1,000), until it is stopped. */
  volunteer(options?: { readonly name?: string; readonly logger?: Logger; readonly lookMs?: number }): Volunteer;
}

/**
 * A job whose rows are frozen when a run starts and worked slice by slice, by every executor that shares the store: who
 * is done takes from who is not, a killed node's slices go on at their cursors, and each row is written exactly once.
 * Throws BAD_OPTION for a definition that cannot work. docs/slices.md tells how it works.
 * @example
 * const fees = defineSlicedJob({
 *   name: 'fees',
 *   store,
 *   count: async (db) => (await db.get<{ n: number }>('select count(*) as n from account'))?.n ?? 0,
 *   selectPage: (db, { afterSubject, limit }) =>
 *     db.all(`select id as subject from account where id > ? order by id limit ${limit}`, [afterSubject]),
 *   process: async ({ subject }) => ({ subject, cents: await askForFee(subject) }),
 *   write: async (tx, fees) =>
 *     void (await tx.insertRows({ table: 'fee', columns: ['account', 'cents'] }, fees.map((fee) => [fee.subject, fee.cents]))),
 * });
 */
export function defineSlicedJob<Row extends { readonly subject: number }, Result = Row>(
  job: SlicedJobDefinition<Row, Result>,
): SlicedJob {
  const settings = settle(job);
  const { store } = job;
  const runtime = job.runtime ?? systemRuntime();
  const working = new WorkingRuns();

  async function work(
    run: { readonly runId: number; readonly businessDate: string },
    as: { shardIndex: number | null; owner: string; signal: AbortSignal; log: RunLog; throttle: Throttle },
  ): Promise<SlicedJobResult> {
    const { runId, businessDate } = run;
    const { signal, log } = as;
    const slicedWork = new SlicedWork(job, { settings, store, runtime, run: { runId, businessDate, signal, log } });
    const worked = await workSlices(
      {
        ...as,
        ...settings,
        store,
        runtime,
        runId,
        // A chunk is worked before any transaction says so: a split must not give its rows to somebody else.
        handRows: firstRows(settings),
      },
      slicedWork,
    );
    return { ...slicedWork.result, ...worked };
  }

  async function runShard(ctx: HandlerContext): Promise<SlicedJobResult> {
    const runId = ctx.resumesRunId ?? ctx.runId;
    const { chainRunId, businessDate, cutOffAt, shardTotal, shardIndex, signal, log } = ctx;
    const frozen = { runId, chainRunId, businessDate, cutOffAt, shardTotal, chunkSize: settings.chunkSize };
    await freezeSelection(store, { ...frozen, downstreamId: NO_DOWNSTREAM }, selectionOf(job), async () => {
      signal.throwIfAborted();
      await runtime.yieldTurn();
    });
    const owner = attemptOwner(ctx);
    const throttle = throttleOf(ctx, { store, runtime, otherwise: job.throttle });
    const result = await work({ runId, businessDate }, { shardIndex, owner, signal, log, throttle });
    if (result.bad > 0) log.warn(`${result.bad} rows could not be done; they stand in slice_bad_row of run ${runId}`);
    return result;
  }

  function newVolunteer(options: { name?: string; logger?: Logger; lookMs?: number } = {}): Volunteer {
    const owner = `${options.name ?? 'volunteer'}#${runtime.random.ulid()}`;
    return createVolunteer({
      store,
      runtime,
      logger: options.logger ?? createLogger({ name: job.name }),
      ...(options.lookMs === undefined ? {} : { lookMs: options.lookMs }),
      mayHelp: (run: OpenRun) =>
        run.jobName === job.name && run.downstreamId === NO_DOWNSTREAM && !working.has(run.runId),
      help: (run, how) => work(run, { shardIndex: null, owner, ...how, throttle: job.throttle?.() ?? NO_THROTTLE }),
    });
  }

  return {
    ...defineHandler(job.name, async (ctx) => ({
      ...(await working.during(ctx.resumesRunId ?? ctx.runId, () => runShard(ctx))),
    })),
    volunteerOnce: (signal) => newVolunteer().look(signal),
    volunteer: newVolunteer,
  };
}

const selectionOf = <Row extends { readonly subject: number }, Result>(job: SlicedJobDefinition<Row, Result>) => ({
  name: job.name,
  group: 'ROWS',
  ...(job.sliceBy === undefined ? {} : { sliceBy: job.sliceBy }),
  highWater: async (db: SqlReader) => (await job.highWater?.(db)) ?? Number.MAX_SAFE_INTEGER,
  count: (db: SqlReader, due: { businessDate: string; highWater: number }) => job.count(db, due),
  selectPage: (db: SqlReader, page: SelectionPage) => job.selectPage(db, page),
});

function settle<Row extends { readonly subject: number }, Result>(job: SlicedJobDefinition<Row, Result>) {
  const whole = (
    option:
      | 'chunkSize'
      | 'chunkMs'
      | 'concurrency'
      | 'slicesAtOnce'
      | 'leaseMs'
      | 'stallMs'
      | 'splitRowsMin'
      | 'badRowsMax',
    fallback: number,
    least: number,
  ): number => {
    const value = job[option] ?? fallback;
    if (Number.isInteger(value) && value >= least) return value;
    throw new DaybreakError(
      'BAD_OPTION',
      `sliced job "${job.name}": ${option} is ${value}; write a whole number of at least ${least}`,
    );
  };
  if (job.name.length < 1 || job.name.length > 64) {
    throw new DaybreakError('BAD_OPTION', `sliced job "${job.name}": name must have 1 to 64 characters`);
  }
  const chunkSize = whole('chunkSize', 500, 1);
  return {
    chunkSize,
    chunkMs: whole('chunkMs', 1_000, 1),
    concurrency: whole('concurrency', 8, 1),
    slicesAtOnce: whole('slicesAtOnce', 3, 1),
    leaseMs: whole('leaseMs', LEASE_MS, 100),
    stallMs: whole('stallMs', 60_000, 100),
    splitRowsMin: whole('splitRowsMin', firstRows({ chunkSize }), 1),
    badRowsMax: whole('badRowsMax', 100, 0),
  };
}
