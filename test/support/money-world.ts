import { createHmac } from 'node:crypto';
import { createMoneyEngine, type MoneyEngineOptions } from '../../executor/downstream/create-money-engine.ts';
import type { Downstream, DownstreamCapabilities } from '../../executor/downstream/define-downstream.ts';
import type { DebitJob, DebitShardResult, MoneyEngine, SweepReport } from '../../executor/downstream/money-engine.ts';
import { settlementRequestNoBook } from '../../executor/examples/settlement/request-no.ts';
import { premiumDebit, principalDebit, settlementHooks } from '../../executor/examples/settlement/settlement-jobs.ts';
import { settlement } from '../../executor/examples/settlement/storage/0100-settlement.ts';
import type { HandlerContext } from '../../executor/handler/handler-context.ts';
import { createLogStream } from '../../executor/handler/log-stream.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore, SqlValue } from '../../shared/sql/sql.ts';
import { createFakeRuntime, type FakeRuntime } from './fake-runtime.ts';
import { ScriptedGateway } from './money-gateway.ts';

export const SECRET = 'callback-secret';
export const BUSINESS_DATE = '2026-11-20';
const HOUR = 3_600_000;

export interface PlanGiven {
  readonly contractNo?: string;
  readonly period?: number;
  readonly leg?: 'PREMIUM' | 'PRINCIPAL';
  readonly amountMinor?: number;
  readonly currency?: string;
  readonly dueDate?: string;
  readonly state?: 'open' | 'paid' | 'given_up' | 'held';
  readonly presentation?: number;
}

export interface WorldOptions {
  readonly capabilities?: Partial<DownstreamCapabilities>;
  readonly engine?: Partial<MoneyEngineOptions>;
  readonly url?: string;
  readonly cutOffInMs?: number;
  readonly hooks?: Partial<Downstream>;
  /** Lays something between the engine and the store: faults, spies. */
  readonly wrapStore?: (store: SqlStore) => SqlStore;
  readonly connect?: boolean;
  /** Default: a manual clock. A store that is a server needs a real one. */
  readonly runtime?: FakeRuntime;
}

/** The real clock in the shape of the manual one, for stores that answer in real time; `shiftMs` moves its wall clock. */
export function realTime(shiftMs = 0): FakeRuntime {
  const runtime = systemRuntime();
  return {
    ...runtime,
    clock: { monotonicMs: () => runtime.clock.monotonicMs(), wallMs: () => runtime.clock.wallMs() + shiftMs },
    advance: (ms) => runtime.sleep(ms),
    setWall: () => undefined,
    waiting: 0,
  };
}

/** A store, a scripted gateway and an engine under one manual clock, with one night begun. */
export class MoneyWorld {
  readonly runtime: FakeRuntime;
  readonly gateway: ScriptedGateway;
  readonly store: SqlStore;
  engine: MoneyEngine;
  readonly options: WorldOptions;
  chainRunId = 1;
  cutOffAtMs: number;
  #runs = 100;
  #contracts = 0;

  private constructor(runtime: FakeRuntime, store: SqlStore, options: WorldOptions) {
    this.runtime = runtime;
    this.store = store;
    this.options = options;
    this.gateway = new ScriptedGateway(runtime, options.capabilities);
    this.cutOffAtMs = runtime.clock.wallMs() + (options.cutOffInMs ?? 2 * HOUR);
    this.engine = this.newEngine(options.wrapStore?.(store) ?? store);
  }

  static async open(options: WorldOptions = {}): Promise<MoneyWorld> {
    const runtime = options.runtime ?? createFakeRuntime({ startMs: Date.parse(`${BUSINESS_DATE}T01:00:00Z`) });
    const store = await openSqlStore(options.url ?? 'sqlite::memory:', { runtime, logger: silentLogger });
    await migrate(store, [...executorMigrations, settlement], { logger: silentLogger, component: 'executor' });
    const world = new MoneyWorld(runtime, store, options);
    if (options.connect !== false) await world.drive(world.engine.connect({ forMs: 30_000 }));
    await world.beginNight(1);
    return world;
  }

  /** Another process with the same books of ours, as after a restart or on another node. */
  newEngine(store: SqlStore = this.store, more: Partial<MoneyEngineOptions> = {}): MoneyEngine {
    return createMoneyEngine({
      store,
      downstream: this.gateway.downstream({ ...settlementHooks, ...this.options.hooks }),
      book: settlementRequestNoBook('test'),
      jobs: [premiumDebit('test'), principalDebit('test')],
      runtime: this.runtime,
      logger: silentLogger,
      metrics: createMetrics(),
      callbackSecret: SECRET,
      ...this.options.engine,
      ...more,
    });
  }

  /** Connects another engine and tells it of the night that is on. */
  async startEngine(store: SqlStore = this.store, more: Partial<MoneyEngineOptions> = {}): Promise<MoneyEngine> {
    const engine = this.newEngine(store, more);
    await this.drive(engine.connect({ forMs: 30_000 }));
    await this.drive(
      engine.beginChainRun({ chainRunId: this.chainRunId, cutOffAtMs: this.cutOffAtMs, exclusive: false }),
    );
    return engine;
  }

  /** Lets virtual time pass until the work is done. */
  async drive<T>(work: Promise<T>, options: { withinMs?: number; stepMs?: number } = {}): Promise<T> {
    const { withinMs = 600_000, stepMs = 5 } = options;
    let over = false;
    work.then(
      () => {
        over = true;
      },
      () => {
        over = true;
      },
    );
    const until = this.runtime.clock.monotonicMs() + withinMs;
    for (let step = stepMs; !over; step = Math.min(200, step * 1.05)) {
      if (this.runtime.clock.monotonicMs() > until) throw new Error(`not done within ${withinMs} ms of virtual time`);
      await this.runtime.advance(Math.ceil(step));
    }
    return work;
  }

  async beginNight(
    chainRunId: number,
    given: { cutOffInMs?: number; date?: string; exclusive?: boolean } = {},
  ): Promise<void> {
    this.chainRunId = chainRunId;
    const nowMs = this.runtime.clock.wallMs();
    this.cutOffAtMs = nowMs + (given.cutOffInMs ?? this.options.cutOffInMs ?? 2 * HOUR);
    await this.plant(
      `insert into plan_file (sha256, state, path, size_bytes, created_at) values (?, 'active', 'plans.csv', 1, ?)`,
      [`sha-${chainRunId}`, nowMs],
    );
    await this.plant(
      `insert into night (business_date, seq, chain_run_id, plan_sha256, file_id, cut_off_at, time_zone, started_at)
       values (?, ?, ?, ?, (select id from plan_file where sha256 = ?), ?, 'UTC', ?)`,
      [
        given.date ?? BUSINESS_DATE,
        chainRunId,
        chainRunId,
        `sha-${chainRunId}`,
        `sha-${chainRunId}`,
        this.cutOffAtMs,
        nowMs,
      ],
    );
    await this.drive(
      this.engine.beginChainRun({ chainRunId, cutOffAtMs: this.cutOffAtMs, exclusive: given.exclusive ?? true }),
    );
  }

  /** Stores open plans; returns their references, e.g. `C1.1.P`. */
  async plans(...given: PlanGiven[]): Promise<string[]> {
    return this.store.transaction('plans', async (tx) => {
      const references: string[] = [];
      for (const one of given) {
        const contractNo = one.contractNo ?? `C${++this.#contracts}`;
        const { period = 1, leg = 'PREMIUM', amountMinor = 1_000, currency = 'CNY', dueDate = BUSINESS_DATE } = one;
        const values = [currency, amountMinor, dueDate, one.state ?? 'open', one.presentation ?? 0];
        const id = await tx.insertReturningId(
          `insert into plan (contract_no, period, leg, customer_no, merchant_no, account_no, currency, amount_minor,
             due_date, file_id, line_no, state, presentation) values (?, ?, ?, 'U', 'M', ?, ?, ?, ?, 1, 2, ?, ?)`,
          [contractNo, period, leg, `62${contractNo}`, ...values],
        );
        await tx.run('insert into plan_open (leg, plan_id, due_date) values (?, ?, ?)', [leg, id, dueDate]);
        references.push(`${contractNo}.${period}.${leg === 'PREMIUM' ? 'P' : 'R'}`);
      }
      return references;
    });
  }

  manyPlans(count: number, of: PlanGiven = {}): Promise<string[]> {
    return this.plans(...Array.from({ length: count }, () => of));
  }

  plant(text: string, params: readonly SqlValue[] = []): Promise<number> {
    return this.store.transaction('plant', (tx) => tx.run(text, params));
  }

  rows<Row extends object>(text: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    return this.store.read('look', (db) => db.all<Row>(text, params));
  }

  ctx(given: Partial<HandlerContext> = {}): HandlerContext {
    const line = () => undefined;
    const log = { info: line, warn: line, error: line, stream: () => createLogStream(line) };
    return {
      shardIndex: 0,
      shardTotal: 1,
      owns: () => true,
      param: '',
      params: undefined,
      runId: given.runId ?? ++this.#runs,
      chainRunId: this.chainRunId,
      logId: 1,
      attempt: 1,
      businessDate: BUSINESS_DATE,
      plannedAt: this.runtime.clock.wallMs(),
      cutOffAt: this.cutOffAtMs,
      resumesRunId: null,
      input: null,
      phase: null,
      beforeResult: null,
      shardResults: [],
      executorAddress: 'http://127.0.0.1:9999/',
      workerProcess: null,
      signal: new AbortController().signal,
      log,
      ...given,
    };
  }

  debit(job: DebitJob = premiumDebit('test'), given: Partial<HandlerContext> = {}): Promise<DebitShardResult> {
    return this.drive(this.engine.runDebitShard(this.ctx(given), job));
  }

  debitPrincipals(given: Partial<HandlerContext> = {}): Promise<DebitShardResult> {
    return this.debit(principalDebit('test'), given);
  }

  sweep(engine: MoneyEngine = this.engine): Promise<SweepReport> {
    const { signal, log } = this.ctx({ runId: 1 });
    return this.drive(engine.runSweepShard({ shardIndex: 0, shardTotal: 1, signal, log }));
  }

  /** Sweeps every second of virtual time, as the sweep's schedule does. */
  async sweepFor(ms: number, everyMs = 1_000): Promise<void> {
    const until = this.runtime.clock.monotonicMs() + ms;
    while (this.runtime.clock.monotonicMs() < until) {
      await this.sweep();
      await this.runtime.advance(everyMs);
    }
  }

  lastPass(): Promise<SweepReport> {
    return this.drive(this.engine.lastPass({ signal: new AbortController().signal, cutOffAtMs: this.cutOffAtMs }));
  }

  /** Moves to the cut-off and makes the last pass. */
  async toCutOff(): Promise<void> {
    await this.runtime.advance(Math.max(0, this.cutOffAtMs - this.runtime.clock.wallMs()));
    await this.lastPass();
  }

  callback(event: object, given: { secret?: string; tMs?: number; signature?: string } = {}) {
    const body = Buffer.from(JSON.stringify(event));
    const tMs = given.tMs ?? this.runtime.clock.wallMs();
    const v1 = createHmac('sha256', given.secret ?? SECRET)
      .update(`${tMs}.`)
      .update(body)
      .digest('hex');
    return this.drive(this.engine.acceptCallback(body, given.signature ?? `t=${tMs},v1=${v1}`));
  }

  /** A callback that tells what the gateway's books say about a debit. */
  tell(requestNo: string, eventId = `E-${requestNo}`) {
    const { message: _left, ...entry } = this.gateway.lookUp(requestNo);
    return this.callback({ eventId, ...entry, occurredAt: 0 });
  }

  async item(reference: string): Promise<ItemSeen> {
    const [row] = await this.items(reference);
    if (!row) throw new Error(`no item for ${reference}`);
    return row;
  }

  /** Its items, the newest run's first. */
  items(reference: string): Promise<ItemSeen[]> {
    const [contractNo, period, letter] = reference.split('.');
    return this.rows<ItemSeen>(
      `select i.run_id as runId, i.slice_no as sliceNo, i.seq, i.state, i.reason, i.attempt, i.presentation,
         p.state as plan, p.presentation as planPresentation, o.reason as open, o.next_check_at as nextCheckAt
       from plan p join item i on i.subject = p.id
       left join open_item o on o.run_id = i.run_id and o.slice_no = i.slice_no and o.seq = i.seq
       where p.contract_no = ? and p.period = ? and p.leg = ? order by i.run_id desc`,
      [contractNo ?? '', Number(period), letter === 'P' ? 'PREMIUM' : 'PRINCIPAL'],
    );
  }

  calls(reference: string): Promise<CallSeen[]> {
    return this.rows<CallSeen>(
      `select request_no as requestNo, state, sends, code, gateway_ref as gatewayRef, settled_by as settledBy,
         expire_at as expireAt, key_dead_at as keyDeadAt, stored_at as storedAt, accepted, presentation, attempt
       from call_out where request_no like ? order by presentation, attempt`,
      [`test.${reference}.%`],
    );
  }

  async states(): Promise<Record<string, number>> {
    const rows = await this.rows<{ state: string; n: number }>('select state, count(*) as n from item group by state');
    return Object.fromEntries(rows.map(({ state, n }) => [state, Number(n)]));
  }

  async told(): Promise<{ runId: number; sliceNo: number; totals: readonly ToldTotal[] }[]> {
    const rows = await this.rows<{ body: string }>(
      `select body from x_outbox where kind = 'slice-settled' order by id`,
    );
    return rows.map(({ body }) => JSON.parse(body));
  }

  async close(): Promise<void> {
    await this.store.close();
  }
}

export interface ToldTotal {
  readonly group: string;
  readonly currency: string;
  readonly state: string;
  readonly count: number;
  readonly amountMinor: string;
}

export interface ItemSeen {
  readonly runId: number;
  readonly sliceNo: number;
  readonly seq: number;
  readonly state: string;
  readonly reason: string | null;
  readonly attempt: number;
  readonly presentation: number;
  readonly plan: string;
  readonly planPresentation: number;
  readonly open: string | null;
  readonly nextCheckAt: number | null;
}

export interface CallSeen {
  readonly requestNo: string;
  readonly state: string;
  readonly sends: number;
  readonly code: string | null;
  readonly gatewayRef: string | null;
  readonly settledBy: string | null;
  readonly expireAt: number;
  readonly keyDeadAt: number;
  readonly storedAt: number;
  readonly accepted: number;
  readonly presentation: number;
  readonly attempt: number;
}

/** `test.C1.1.P.1.1` of the plan `C1.1.P`. */
export const requestNoOf = (reference: string, presentation = 1, attempt = 1): string =>
  `test.${reference}.${presentation}.${attempt}`;
