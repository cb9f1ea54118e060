/**
 * Reconciliation and report of one night on the embedded store.
 * Usage: node test/bench/reconcile-night.ts [contracts, default 500000] [report folder to keep]
 * Each contract has a premium and a principal; about 2 % fail, and so their principals are blocked.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reconcileNight } from '../../executor/examples/settlement/reconcile.ts';
import { buildReport } from '../../executor/examples/settlement/report/build-report.ts';
import { writeReport } from '../../executor/examples/settlement/report/write-report.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import {
  BUSINESS_DATE,
  givenNight,
  type NightGiven,
  openMoneyStoreAt,
  plant,
  STARTED_AT,
} from '../support/money-store.ts';

const contracts = Number(process.argv[2] ?? 500_000);
const keptDir = process.argv[3];
const dir = await mkdtemp(join(tmpdir(), 'daybreak-bench-'));
const store = await openMoneyStoreAt(`sqlite:${join(dir, 'night.db')}`);
const at = await givenNight(store);

await timed('fill', () => fill(at, contracts));
await timed('reconcile', async () =>
  console.log(
    await reconcileNight({
      store,
      night: at.night,
      engine: {
        lastPass: async () => ({ asked: 0, settled: 0, repeated: 0, stillOpen: 0 }),
        applySettlementLines: async () => 0,
        capabilities: null,
      },
      downstream: {
        name: 'gateway',
        file: async (date) => ({ kind: 'lines', lines: linesOf(date === BUSINESS_DATE) }),
      },
      runtime: systemRuntime(),
      logger: silentLogger,
      signal: new AbortController().signal,
      gatewayTimeoutMs: 1,
    }),
  ),
);
const report = await timed('build report', () => buildReport(store, at.night, { finishedAtMs: STARTED_AT + 600_000 }));
await timed('write report', () => writeReport(keptDir ?? join(dir, 'report'), { store, night: at.night, report }));
console.log(`exit code ${report.exitCode}, peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
await store.close();
await rm(dir, { recursive: true });

async function timed<T>(what: string, body: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const cpu = process.cpuUsage();
  let longestMs = 0;
  let last = from;
  const ticker = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last - 10);
    last = performance.now();
  }, 10);
  const result = await body();
  clearInterval(ticker);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = ((performance.now() - from) / 1000).toFixed(2);
  console.log(
    `${what}: ${seconds} s (${((user + system) / 1e6).toFixed(2)} s of processor), longest stall ${longestMs.toFixed(0)} ms`,
  );
  return result;
}

/** In the order of the plans, page by page, so that the memory measured is not the bench's own. */
async function* linesOf(isTheFile: boolean) {
  let after = isTheFile ? 0 : Number.MAX_SAFE_INTEGER;
  for (;;) {
    const rows = await store.read('page-of-calls', (db) =>
      db.arrays(
        `select subject, gateway_ref, request_no, account_no, currency, amount_minor from call_out
          where downstream_id = ? and subject > ? and state = 'SUCCEEDED' order by subject limit 1000`,
        [at.downstreamId, after],
      ),
    );
    if (rows.length === 0) return;
    after = Number(rows.at(-1)?.[0]);
    yield rows.map(([, gatewayRef, requestNo, accountNo, currency, amount]) => ({
      gatewayRef: String(gatewayRef),
      requestNo: String(requestNo),
      accountNo: String(accountNo),
      currency: String(currency),
      amount: String(amount),
      settledAt: '1',
    }));
  }
}

async function fill({ runs, downstreamId, night }: NightGiven, count: number): Promise<void> {
  const perSlice = Math.max(1, Math.ceil(count / 1_000));
  await plant(
    store,
    `insert into plan (contract_no, period, leg, customer_no, merchant_no, account_no, currency, amount_minor, due_date,
       file_id, line_no, state, presentation)
     with recursive n(i) as (select 0 union all select i + 1 from n where i < ?)
     select printf('C%09d', i / 2), 1, case i % 2 when 0 then 'PREMIUM' else 'PRINCIPAL' end, 'U', 'M', printf('62%012d', i),
       case when i % 50 = 7 then 'KWD' when i % 20 = 3 then 'USD' else 'CNY' end, 100 + i % 99999, ?, ?, i + 2,
       case when (i / 2) % 50 = 0 then 'open' else 'paid' end, 1 from n`,
    [count * 2 - 1, night.businessDate, night.fileId],
  );
  for (const [leg, runId] of Object.entries(runs)) {
    const failed = leg === 'PREMIUM' ? 'FAILED' : 'BLOCKED';
    await plant(
      store,
      `insert into item (run_id, slice_no, seq, subject, amount_minor, currency, state, presentation, attempt)
       select ?, ((id - 1) / 2) / cast(? as integer), (id - 1) / 2 + 1, id, amount_minor, currency, case state when 'open' then ? else 'SUCCESS' end, 1,
         case when state = 'open' and leg = 'PRINCIPAL' then 0 else 1 end from plan where leg = ? order by id`,
      [runId, perSlice, failed, leg],
    );
    await plant(
      store,
      `insert into slice (run_id, slice_no, home_shard, lo, hi, item_count, state)
       select run_id, slice_no, slice_no % 3, min(seq), max(seq), count(*), 'done' from item where run_id = ? group by run_id, slice_no`,
      [runId],
    );
    await plant(
      store,
      `insert into slice_expected select run_id, slice_no, ?, currency, count(*), sum(amount_minor) from item
        where run_id = ? group by run_id, slice_no, currency`,
      [leg, runId],
    );
    await plant(
      store,
      `insert into slice_lease (run_id, slice_no, epoch, owner, shard_index, from_cursor, to_cursor, item_rows, started_at, ended_at)
       select run_id, slice_no, 1, 'http://127.0.0.1:' || (9999 + home_shard) || '/#1.0', home_shard, lo - 1, hi, item_count,
         cast(? as integer) + slice_no * 200, cast(? as integer) + slice_no * 200 + 500 from slice where run_id = ?`,
      [STARTED_AT + (leg === 'PREMIUM' ? 1_000 : 260_000), STARTED_AT + (leg === 'PREMIUM' ? 1_000 : 260_000), runId],
    );
    await plant(
      store,
      `insert into history (run_id, slice_no, no, from_seq, to_seq, from_state, to_state, epoch, at_ms, actor, exceptions, prev_hash, hash)
       select s.run_id, s.slice_no, v.n, s.lo, s.hi, case v.n when 1 then 'PENDING' else 'PROCESSING' end,
         case v.n when 1 then 'PROCESSING' else 'SUCCESS' end, 1, cast(? as integer) + s.slice_no * 200 + v.n * 4000, 'bench', '[]', '', ''
         from slice s join (select 1 as n union all select 2) v where s.run_id = ?`,
      [STARTED_AT + (leg === 'PREMIUM' ? 1_000 : 260_000), runId],
    );
    await plant(
      store,
      `insert into call_out (downstream_id, subject, presentation, attempt, run_id, slice_no, seq, request_no, body_hash,
         account_no, amount_minor, currency, expire_at, key_dead_at, stored_at, send_deadline_at, sends, state, code,
         gateway_ref, settled_by, settled_at)
       select ?, i.subject, 1, 1, i.run_id, i.slice_no, i.seq, 'bench.' || p.contract_no || '.1.' ||
         case p.leg when 'PREMIUM' then 'P' else 'R' end || '.1.1', 'hash', p.account_no, i.amount_minor, i.currency,
         1, 1, ?, 1, 1, case i.state when 'SUCCESS' then 'SUCCEEDED' else 'REFUSED' end, null, 'G' || i.subject, 'reply', 1
         from item i join plan p on p.id = i.subject where i.run_id = ? and i.attempt = 1`,
      [downstreamId, STARTED_AT, runId],
    );
    await plant(
      store,
      `insert into ledger select downstream_id, subject, 1, 1, 'DEBIT', run_id, ?, currency, amount_minor, gateway_ref, 1
        from call_out where run_id = ? and state = 'SUCCEEDED'`,
      [leg, runId],
    );
  }
}
