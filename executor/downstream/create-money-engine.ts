import { DaybreakError, DownstreamUnreachableError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Metrics } from '../../shared/metrics.ts';
import { type Hints, NO_HINTS } from '../../shared/redis/hints.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { wakeOutbox } from '../node/outbox.ts';
import { LEASE_MS } from '../slice/slice-lease.ts';
import { NO_THROTTLE, type Throttle } from '../slice/throttle.ts';
import { WorkingRuns } from '../slice/working-runs.ts';
import { acceptGatewayCallback } from './accept-gateway-callback.ts';
import { applySettlementLines } from './apply-settlement-lines.ts';
import { beginChainRun } from './begin-chain-run.ts';
import { busiestMinuteOf } from './busiest-minute.ts';
import { checkCapabilities } from './check-capabilities.ts';
import { createDebitVolunteer } from './debit-volunteer.ts';
import type { Downstream, DownstreamCapabilities, Exchange } from './define-downstream.ts';
import { DownstreamHealth } from './downstream-health.ts';
import { ClockOffset, type MoneyContext, type MoneySettings, NO_CUT_OFF } from './money-context.ts';
import type { DebitJob, MoneyEngine, OpenSummary, RequestNoBook, SweepReport } from './money-engine.ts';
import { createMoneyMetrics } from './money-metrics.ts';
import { RateBucket, RepeatPacer } from './rate-bucket.ts';
import { ClusterRate } from './rate-of-cluster.ts';
import { resolveByHand } from './resolve-by-hand.ts';
import { runDebitShard } from './run-debit-shard.ts';
import { FileSweep } from './sweep-files.ts';
import type { AfterSettledBody } from './tell-settled.ts';
import { sweepOpenItems } from './verification-sweep.ts';

export interface MoneyEngineOptions {
  readonly store: SqlStore;
  readonly downstream: Downstream;
  readonly book: RequestNoBook;
  readonly jobs: readonly DebitJob[];
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** ms one exchange may last. Default 10,000. */
  readonly gatewayTimeoutMs?: number;
  /** Items of a chunk. Default 1,000. */
  readonly chunkSize?: number;
  /** Slices one shard works on at once. Default 3. */
  readonly slicesAtOnce?: number;
  /** ms a slice is held without progress. Default 10,000. */
  readonly leaseMs?: number;
  /**
   * Whether this process also works slices of runs that it was given no shard of: so a node that joins in mid run is
   * used. Default false.
   */
  readonly volunteer?: boolean;
  /** What its slices are held as when it volunteers: the executor's address, for people. Default `volunteer`. */
  readonly volunteerName?: string;
  /**
   * Whether and how fast slices are worked: a window, a load guard; made anew for each attempt. Default: always, and as
   * fast as can be.
   * @example
   * throttle: () => createThrottle({ store, runtime, loadGuard: { roundTripP95Ms: 20 } }),
   */
  readonly throttle?: () => Throttle;
  /** Null (default): callbacks are refused. */
  readonly callbackSecret?: string | null;
  /**
   * Other processes work with the same store and the same downstream: its rate is shared out among them (docs/rate.md).
   * Default false: this process has all of it.
   */
  readonly cluster?: boolean;
  /** What processes tell each other sooner than the store would. Default: nothing. */
  readonly hints?: Hints;
}

/** One engine per downstream and process; all executors of the process share it. */
export function createMoneyEngine(options: MoneyEngineOptions): MoneyEngine {
  const { store, downstream, runtime, logger, hints = NO_HINTS } = options;
  const settings: MoneySettings = {
    gatewayTimeoutMs: options.gatewayTimeoutMs ?? 10_000,
    chunkSize: options.chunkSize ?? 1_000,
    slicesAtOnce: options.slicesAtOnce ?? 3,
    leaseMs: options.leaseMs ?? LEASE_MS,
    newThrottle: options.throttle ?? (() => NO_THROTTLE),
    callbackSecret: options.callbackSecret ?? null,
  };
  const working = new WorkingRuns();
  const drain = new AbortController();
  const metrics = createMoneyMetrics(options.metrics, store, downstream.name);
  const busy = new Set<Promise<unknown>>();
  let context: MoneyContext | null = null;
  let current: MoneyContext['current'] = null;
  let files: FileSweep | null = null;

  const cluster = options.cluster
    ? new ClusterRate({
        ...options,
        hints,
        downstreamName: downstream.name,
        findDownstream: () => findOrAddDownstream(store, downstream),
      })
    : null;

  // All endpoints count: once the limit is known, a probe waits for its token like any request.
  const ask = async (signal: AbortSignal): Promise<Exchange<DownstreamCapabilities>> => {
    const bucket = context?.bucket ?? (await cluster?.known());
    await bucket?.take({ signal });
    return downstream.capabilities(AbortSignal.any([signal, runtime.deadline(settings.gatewayTimeoutMs)]));
  };
  const need = (): MoneyContext => {
    if (!context)
      throw new DaybreakError('DOWNSTREAM_UNREACHABLE', 'the downstream has not stated its capabilities yet');
    return context;
  };
  const tracked = async <T>(work: Promise<T>): Promise<T> => {
    busy.add(work);
    try {
      return await work;
    } finally {
      busy.delete(work);
    }
  };

  const volunteer = createDebitVolunteer({
    store,
    runtime,
    logger,
    working,
    context: () => context,
    name: options.volunteerName ?? 'volunteer',
  });

  return {
    get capabilities() {
      return context?.capabilities ?? null;
    },

    async connect({ forMs, signal }) {
      const until = runtime.clock.monotonicMs() + forMs;
      const stop = signal ?? new AbortController().signal;
      for (;;) {
        stop.throwIfAborted();
        const answer = await ask(stop).catch((error: unknown) => {
          if (error instanceof DaybreakError) throw error;
          return { kind: 'unclear' as const, why: String(error), status: null, raw: '' };
        });
        if (answer.kind === 'answered') {
          context ??= await createContext(checkCapabilities(answer.value));
          if (options.volunteer) volunteer.start();
          const nowMs = await store.read('read-clock', async (db) => db.nowMs);
          context.clockOffset.note(answer.dateMs, nowMs);
          return answer.value;
        }
        if (runtime.clock.monotonicMs() + 1_000 > until) throw unusable(downstream.origin, answer, forMs);
        await runtime.sleep(1_000, stop);
      }
    },

    async runDebitShard(ctx, job) {
      if (current !== null && ctx.chainRunId !== null && ctx.chainRunId !== current.chainRunId) {
        throw new DaybreakError(
          'CANCELLED',
          `${job.name} of chain run ${ctx.chainRunId} debits no more: chain run ${current.chainRunId} has begun`,
        );
      }
      const runId = ctx.resumesRunId ?? ctx.runId;
      return tracked(working.during(runId, () => runDebitShard(need(), ctx, job)));
    },
    runSweepShard: (ctx) => tracked(runSweepShard(ctx)),
    lastPass: async ({ signal, cutOffAtMs }) =>
      tracked(sweepOpenItems(need(), { shardIndex: 0, shardTotal: 1, signal, everything: true, cutOffAtMs })),
    wakeOpenItems: async () => wakeOpenItems(store, need().downstreamId),
    acceptCallback: async (rawBody, signature) => acceptGatewayCallback(need(), rawBody, signature),
    async settlementFile(date, signal) {
      await need().bucket.take({ signal });
      return downstream.file ? downstream.file(date, signal) : { kind: 'unusable', why: 'the downstream has no files' };
    },
    applySettlementLines: async (lines) => applySettlementLines(need(), lines),
    async resolveByHand(request) {
      return resolveByHand(context ?? (await createContext(OFFLINE)), request);
    },
    async afterSettled(body) {
      const { downstream: name, item } = body as AfterSettledBody;
      if (name === downstream.name) await downstream.afterSettled?.(item, item.outcome);
    },
    openSummary: () => openSummary(store),
    async beginChainRun(next) {
      if (!next.exclusive && current !== null && next.chainRunId < current.chainRunId) {
        throw new DaybreakError(
          'CANCELLED',
          `chain run ${next.chainRunId} is over: chain run ${current.chainRunId} has begun`,
        );
      }
      current = { chainRunId: next.chainRunId, cutOffAtMs: next.cutOffAtMs };
      await beginChainRun({ store, jobs: jobsByName(options.jobs), ...next });
      wakeOutbox(store);
    },
    volunteerOnce: (signal) => tracked(volunteer.look(AbortSignal.any([signal, drain.signal]))),
    async drain() {
      const helped = volunteer.stop();
      drain.abort(new DaybreakError('CANCELLED', 'the night was told to stop'));
      await helped;
      context?.health.stop();
      await Promise.allSettled([...busy]);
      await cluster?.stop();
    },
  };

  async function runSweepShard(ctx: Parameters<MoneyEngine['runSweepShard']>[0]): Promise<SweepReport> {
    const report = await sweepOpenItems(need(), {
      shardIndex: ctx.shardIndex,
      shardTotal: ctx.shardTotal,
      signal: ctx.signal,
      everything: false,
      cutOffAtMs: current?.cutOffAtMs ?? NO_CUT_OFF,
    });
    if (ctx.shardIndex !== 0 || ctx.signal.aborted || report.stillOpen === 0) return report;
    files ??= new FileSweep(need());
    const fromFiles = await files.look(ctx.signal);
    return { ...report, settled: report.settled + fromFiles, stillOpen: report.stillOpen - fromFiles };
  }

  async function createContext(capabilities: DownstreamCapabilities): Promise<MoneyContext> {
    const downstreamId = await findOrAddDownstream(store, downstream);
    const perSecond = capabilities.maxRequestsPerSecond;
    // Who resolves by hand sends nothing, and has nothing to state.
    const shared = capabilities === OFFLINE ? null : cluster;
    const bucket = shared ? await shared.open(downstreamId, perSecond) : new RateBucket(runtime, perSecond);
    const health = new DownstreamHealth({
      runtime,
      logger,
      probe: async (signal) => (await ask(signal)).kind === 'answered',
      onWell: async () => void (await wakeOpenItems(store, downstreamId)),
    });
    metrics.watchPause(() => health.pausedWhy);
    shared?.share(downstreamId, health);
    return {
      store,
      runtime,
      logger,
      downstream,
      downstreamId,
      settings,
      capabilities,
      health,
      metrics,
      book: options.book,
      jobs: jobsByName(options.jobs),
      bucket,
      pacer: shared?.repeats(downstreamId) ?? new RepeatPacer(runtime, await busiestMinuteOf(store, downstreamId)),
      clockOffset: new ClockOffset(),
      hints,
      draining: drain.signal,
      get current() {
        return current;
      },
    };
  }
}

/** For what needs the store only: a resolution by hand asks the downstream nothing. */
const OFFLINE: DownstreamCapabilities = {
  batchMax: 1,
  maxRequestsPerSecond: 1,
  visibilityMs: 60_000,
  keyLifetimeMs: 86_400_000,
  void: false,
};

const jobsByName = (jobs: readonly DebitJob[]): ReadonlyMap<string, DebitJob> =>
  new Map(jobs.map((job) => [job.name, job]));

async function findOrAddDownstream(store: SqlStore, downstream: Downstream): Promise<number> {
  return store.transaction('find-downstream', async (tx) => {
    const find = () => tx.get<{ id: number }>('select id from downstream where name = ?', [downstream.name]);
    const there = await find();
    if (there) return there.id;
    // Of processes that start together one inserts it, and the others find it.
    const row = [downstream.name, downstream.origin];
    await tx.insertRows({ table: 'downstream', columns: ['name', 'origin'], onConflict: 'ignore' }, [row]);
    const made = await find();
    if (!made) throw new Error(`downstream ${downstream.name} is not there after it was stored`);
    return made.id;
  });
}

/** Why nothing can be begun: nobody answers, or the answer is no to whoever has this key. */
function unusable(
  origin: string,
  { kind, why }: { readonly kind: string; readonly why: string },
  forMs: number,
): DaybreakError {
  const details = { origin };
  if (kind === 'credentials') {
    const text = `the gateway at ${origin} refuses the key (${why}): give the one that it knows`;
    return new DaybreakError('DOWNSTREAM_CREDENTIALS', text, { details });
  }
  const tried = forMs < 1_000 ? 'cannot be used' : `could not be used for ${Math.round(forMs / 1_000)} s`;
  return new DownstreamUnreachableError(`the gateway at ${origin} ${tried}: ${why}`, { details });
}

function wakeOpenItems(store: SqlStore, downstreamId: number): Promise<number> {
  return store.transaction('wake-open-items', (tx) =>
    tx.run('update open_item set next_check_at = ? where downstream_id = ? and next_check_at > ?', [
      tx.nowMs,
      downstreamId,
      tx.nowMs,
    ]),
  );
}

async function openSummary(store: SqlStore): Promise<readonly OpenSummary[]> {
  return store.read('open-summary', async (db) => {
    const rows = await db.all<{ reason: string; currency: string; n: number; total: string; oldest: number }>(
      `select o.reason, i.currency, count(*) as n, cast(sum(i.amount_minor) as char) as total, min(o.opened_at) as oldest
       from open_item o join item i on i.run_id = o.run_id and i.slice_no = o.slice_no and i.seq = o.seq
       group by o.reason, i.currency order by o.reason, i.currency`,
    );
    return rows.map((row) => ({
      reason: row.reason,
      currency: row.currency,
      count: Number(row.n),
      amountMinor: row.total,
      oldestOpenedAtMs: Number(row.oldest),
    }));
  });
}
