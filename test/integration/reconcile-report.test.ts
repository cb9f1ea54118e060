import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { noteCarriedOver } from '../../executor/examples/settlement/reconcile-carried-over.ts';
import { insertDifferences } from '../../executor/examples/settlement/reconcile-differences.ts';
import { buildReport, type ReportExtras } from '../../executor/examples/settlement/report/build-report.ts';
import { executorsSection } from '../../executor/examples/settlement/report/report-html-sections.ts';
import { writeReport } from '../../executor/examples/settlement/report/write-report.ts';
import { describeOnEachStore } from '../support/each-store.ts';
import {
  givenNight,
  type NightGiven,
  type OpenedStore,
  openMoneyStore,
  placeItems,
  plant,
  STARTED_AT,
} from '../support/money-store.ts';

describeOnEachStore('the report of a night', (newPlace) => {
  let opened: OpenedStore;
  let at: NightGiven;
  let dir: string;
  beforeAll(async () => {
    opened = await openMoneyStore(newPlace);
  });
  afterAll(() => opened.dispose());
  let chain = 0;
  beforeEach(async () => {
    at = await givenNight(opened.store, { chainRunId: ++chain, finishedAtMs: STARTED_AT + 60_000 });
    dir = await mkdtemp(join(tmpdir(), 'daybreak-report-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const reconciled = () =>
    plant(at.store, 'insert into night_reconciliation values (?, 9, 7, 2, 1, ?)', [at.night.id, STARTED_AT]);
  const build = (extras: ReportExtras = {}) => buildReport(at.store, at.night, extras);
  const write = async (extras: ReportExtras = {}) => {
    const report = await build(extras);
    await writeReport(dir, { store: at.store, night: at.night, report });
    return report;
  };
  const csv = async (name: string): Promise<string[]> =>
    (await readFile(join(dir, name), 'utf8')).trimEnd().split('\n');

  test('counts every item in one group of its leg and currency', async () => {
    await placeItems(at, [
      { amountMinor: 99_999_999_999 },
      { amountMinor: 1 },
      { state: 'FAILED', amountMinor: 5 },
      { state: 'BLOCKED', leg: 'PRINCIPAL', currency: 'JPY', amountMinor: 7 },
      ...(['PENDING', 'PROCESSING', 'RETRY_WAIT', 'MANUAL'] as const).map((state) => ({
        state,
        leg: 'PRINCIPAL' as const,
        amountMinor: 10,
      })),
    ]);
    await reconciled();
    const report = await build();
    const none = { count: 0, amountMinor: 0n };
    expect(report.legs).toEqual({
      PREMIUM: {
        CNY: {
          due: { count: 3, amountMinor: 100_000_000_005n },
          SUCCESS: { count: 2, amountMinor: 100_000_000_000n },
          FAILED: { count: 1, amountMinor: 5n },
          BLOCKED: none,
          UNRESOLVED: none,
        },
      },
      PRINCIPAL: {
        CNY: {
          due: { count: 4, amountMinor: 40n },
          SUCCESS: none,
          FAILED: none,
          BLOCKED: none,
          UNRESOLVED: { count: 4, amountMinor: 40n },
        },
        JPY: {
          due: { count: 1, amountMinor: 7n },
          SUCCESS: none,
          FAILED: none,
          BLOCKED: { count: 1, amountMinor: 7n },
          UNRESOLVED: none,
        },
      },
    });
    expect(report).toMatchObject({ exitCode: 3, reconciliation: { matched: 7 }, otherNights: 2 });
  });

  test('a night in which all is decided and proven ends with 0', async () => {
    await placeItems(at, [{}, { state: 'FAILED' }, { leg: 'PRINCIPAL', state: 'BLOCKED' }]);
    await reconciled();
    expect(await build()).toMatchObject({
      exitCode: 0,
      conservation: { holds: true, differences: [], differencesTotal: 0 },
    });
  });

  test('without a finished reconciliation nothing is proven', async () => {
    await placeItems(at, [{}]);
    expect(await write()).toMatchObject({
      exitCode: 4,
      conservation: { holds: false, differences: [{ kind: 'NOT_RECONCILED' }] },
    });
    expect(await csv('differences.csv')).toEqual([expect.stringMatching(/^kind,/), 'NOT_RECONCILED,,,,,,,,']);
  });

  test('a refused night reports its file, debits nothing and ends with 2', async () => {
    const report = await write({
      badInput: 'the file is cut',
      file: { dataLines: 3, accepted: 1, alreadyStored: 0, rejected: { FIELD_COUNT: 2 } },
    });
    expect(report).toMatchObject({
      exitCode: 2,
      message: 'the file is cut',
      legs: { PREMIUM: {}, PRINCIPAL: {} },
      conservation: { holds: true },
    });
    expect(report.file).toEqual({ dataLines: 3, accepted: 1, rejected: { FIELD_COUNT: 2 } });
    expect((await readdir(dir)).sort()).toEqual([
      'differences.csv',
      'rejects.csv',
      'report.html',
      'report.json',
      'unresolved.csv',
    ]);
  });

  test('due plans of a leg that never began are unresolved, each listed', async () => {
    await placeItems(at, [{}]);
    await plant(at.store, `delete from slice_run where run_id = ?`, [at.runs.PRINCIPAL]);
    await plant(
      at.store,
      `insert into plan (contract_no, period, leg, customer_no, merchant_no, account_no, currency, amount_minor, due_date, file_id, line_no)
       values ('C-LATE', 2, 'PRINCIPAL', 'U', 'M', '62', 'USD', 55, ?, 1, 1), ('C-NOT-DUE', 2, 'PRINCIPAL', 'U', 'M', '62', 'USD', 55, '9999-01-01', 1, 1)`,
      [at.night.businessDate],
    );
    await plant(
      at.store,
      `insert into plan_open select leg, id, due_date from plan where contract_no in ('C-LATE', 'C-NOT-DUE')`,
    );
    await reconciled();
    const report = await write();
    expect(report.legs.PRINCIPAL).toMatchObject({
      USD: { due: { count: 1, amountMinor: 55n }, UNRESOLVED: { count: 1 } },
    });
    expect(report.exitCode).toBe(3);
    expect(await csv('unresolved.csv')).toEqual([
      'contract_no,period,leg,currency,amount_minor,state,reason,request_no',
      'C-LATE,2,PRINCIPAL,USD,55,PENDING,LEG_NOT_STARTED,',
    ]);
    await plant(at.store, 'delete from plan_open');
  });

  test('every unresolved item is listed with its reason and its request number', async () => {
    const [, waiting, unclear, manual, never] = await placeItems(at, [
      {},
      { state: 'PENDING', open: 'PREMIUM_OPEN', contractNo: `CW${chain}` },
      { state: 'PROCESSING', open: 'UNCLEAR', contractNo: `CX${chain}` },
      { state: 'MANUAL', reason: 'CONFLICTING', contractNo: `CY${chain}` },
      { state: 'PENDING', contractNo: `CZ${chain}` },
    ]);
    await reconciled();
    await write();
    expect((await csv('unresolved.csv')).slice(1)).toEqual([
      `${waiting?.contractNo},1,PREMIUM,CNY,10000,PENDING,PREMIUM_OPEN,`,
      `${unclear?.contractNo},1,PREMIUM,CNY,10000,PROCESSING,UNCLEAR,${unclear?.requestNo}`,
      `${manual?.contractNo},1,PREMIUM,CNY,10000,MANUAL,CONFLICTING,${manual?.requestNo}`,
      `${never?.contractNo},1,PREMIUM,CNY,10000,PENDING,NOT_SENT_BY_CUT_OFF,`,
    ]);
  });

  test('what earlier nights left in flight is carried over, and while it is open the night ends with 3', async () => {
    const [open, settled] = await placeItems(at, [
      { state: 'PROCESSING', open: 'UNCLEAR', currency: 'KWD' },
      { state: 'PROCESSING', open: 'UNCLEAR' },
      { state: 'PENDING', open: 'PREMIUM_OPEN' },
    ]);
    at = await givenNight(opened.store, { chainRunId: ++chain, startedAtMs: STARTED_AT + 86_400_000 });
    await at.store.transaction('note', (tx) => noteCarriedOver(tx, at.night));
    const noted = await build();
    // Other tests of this store left items in flight too: only the difference is ours.
    await plant(at.store, `update item set state = 'SUCCESS' where run_id = ? and seq = ?`, [
      settled?.runId ?? 0,
      settled?.seq ?? 0,
    ]);
    await reconciled();
    const report = await write();
    expect(report.carriedOver.count).toBe(noted.carriedOver.count);
    expect(report.carriedOver.settled - noted.carriedOver.settled).toBe(1);
    expect(report.carriedOver.byCurrency.KWD).toEqual({
      carried: { count: 1, amountMinor: 10_000n },
      stillOpen: { count: 1, amountMinor: 10_000n },
    });
    expect(report.exitCode).toBe(3);
    expect(await csv('unresolved.csv')).toContainEqual(
      `${open?.contractNo},1,PREMIUM,KWD,10000,PROCESSING,UNCLEAR,${open?.requestNo}`,
    );
  });

  test('items of a shard add up over restarts and legs, and the throughput leaves out the pauses', async () => {
    const lease = (
      run: number,
      slice: number,
      epoch: number,
      owner: string,
      shard: number,
      rows: number,
      from: number,
      to: number | null,
    ) =>
      plant(at.store, 'insert into slice_lease values (?, ?, ?, ?, ?, 0, 0, ?, ?, ?)', [
        run,
        slice,
        epoch,
        owner,
        shard,
        rows,
        STARTED_AT + from,
        to === null ? null : STARTED_AT + to,
      ]);
    await placeItems(at, [{}, {}, { leg: 'PRINCIPAL' }]);
    await plant(at.store, 'update slice set epoch = 2, cursor_seq = 2 where run_id = ?', [at.runs.PREMIUM]);
    await lease(at.runs.PREMIUM, 0, 1, 'http://127.0.0.1:9999/#5.0', 0, 1, 0, 1_000);
    await lease(at.runs.PREMIUM, 0, 2, 'http://127.0.0.1:9998/#6.0', 0, 0, 500, 1_500);
    await lease(at.runs.PRINCIPAL, 0, 1, 'http://127.0.0.1:9997/#7.0', 1, 1, 10_000, 10_500);
    // Two that joined in mid run and had no shard of it, one of them with two worker processes.
    await plant(at.store, 'update slice set epoch = 5 where run_id = ?', [at.runs.PRINCIPAL]);
    await lease(at.runs.PRINCIPAL, 0, 2, 'http://127.0.0.1:9995/#worker-0', -1, 2, 10_000, 10_500);
    await lease(at.runs.PRINCIPAL, 0, 3, 'http://127.0.0.1:9994/#v', -1, 4, 10_000, 10_500);
    await lease(at.runs.PRINCIPAL, 0, 4, 'http://127.0.0.1:9995/#worker-1', -1, 3, 10_000, 10_500);
    const known = [
      { shardIndex: 2, address: 'http://127.0.0.1:9996/' },
      { shardIndex: null, address: 'http://127.0.0.1:9995/' },
    ];
    const report = await build({ executors: known });
    expect(report.executors).toEqual([
      { address: 'http://127.0.0.1:9998/', shardIndex: 0, items: 1 },
      { address: 'http://127.0.0.1:9997/', shardIndex: 1, items: 1 },
      { address: 'http://127.0.0.1:9996/', shardIndex: 2, items: 0 },
      { address: 'http://127.0.0.1:9994/', shardIndex: null, items: 4 },
      { address: 'http://127.0.0.1:9995/', shardIndex: null, items: 5 },
    ]);
    expect(executorsSection(report).text).toContain(
      '<td class="n">volunteer</td><td class="code keep">http://127.0.0.1:9995/</td><td class="n">5</td>',
    );
    expect(report.throughput).toEqual({ items: 3, seconds: 2, itemsPerSecond: 1.5 });
  });

  test('differences are listed as they were written, hostile text and all', async () => {
    await reconciled();
    await at.store.transaction('differ', (tx) =>
      insertDifferences(tx, at.night.id, [
        {
          kind: 'ONLY_GATEWAY',
          requestNo: '<b>,"x"',
          gatewayRef: 'G',
          currency: 'CNY',
          gatewayMinor: '1e9',
          note: 'n',
        },
        { kind: 'CONTRADICTION', requestNo: 'r', note: 'kept SUCCESS' },
      ]),
    );
    const report = await write();
    expect(report).toMatchObject({
      exitCode: 4,
      conservation: { differencesTotal: 1, differences: [{ gatewayMinor: '1e9' }] },
      contradictions: [{ requestNo: 'r' }],
    });
    expect((await csv('differences.csv')).slice(1)).toEqual([
      'ONLY_GATEWAY,"<b>,""x""",G,,,,CNY,,1e9',
      'CONTRADICTION,r,,,,,,,',
    ]);
    const page = await readFile(join(dir, 'report.html'), 'utf8');
    expect(page).not.toContain('<b>,');
    expect(page).toContain('&lt;b&gt;,');
  });

  test('the page loads nothing and runs nothing', async () => {
    await placeItems(at, [{}, { state: 'MANUAL' }]);
    await write();
    const page = await readFile(join(dir, 'report.html'), 'utf8');
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|\sstyle=|url\(|https?:\/\/(?!127\.0\.0\.1)/i);
    expect(page).toContain(`default-src &#39;none&#39;; style-src &#39;sha256-`);
  });

  test('report.json holds sums beyond 2^53 with all their digits', async () => {
    await placeItems(at, [{}]);
    await plant(at.store, 'update slice_expected set amount_minor = 9007199254740993 where run_id = ?', [
      at.runs.PREMIUM,
    ]);
    await write();
    expect(await readFile(join(dir, 'report.json'), 'utf8')).toContain('"amountMinor": 9007199254740993');
  });

  test('no temporary file is left', async () => {
    await write();
    await write();
    expect((await readdir(dir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
