import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SettlementFile, SettlementLine } from '../../executor/downstream/define-downstream.ts';
import { type ReconcileOptions, reconcileNight } from '../../executor/examples/settlement/reconcile.ts';
import { noteCarriedOver } from '../../executor/examples/settlement/reconcile-carried-over.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { describeOnEachStore } from '../support/each-store.ts';
import {
  BUSINESS_DATE,
  givenNight,
  type ItemGiven,
  type NightGiven,
  type OpenedStore,
  openMoneyStore,
  type PlacedItem,
  placeItems,
  plant,
  STARTED_AT,
} from '../support/money-store.ts';

const lineOf = (item: PlacedItem, other: Partial<SettlementLine> = {}): SettlementLine => ({
  gatewayRef: item.gatewayRef,
  requestNo: item.requestNo,
  accountNo: item.accountNo,
  currency: item.currency,
  amount: String(item.amountMinor),
  settledAt: String(STARTED_AT),
  ...other,
});

describeOnEachStore('a reconciliation', (newPlace) => {
  let opened: OpenedStore;
  beforeAll(async () => {
    opened = await openMoneyStore(newPlace);
  });
  afterAll(() => opened.dispose());

  let at: NightGiven;
  let chain = 0;
  beforeEach(async () => {
    at = await givenNight(opened.store, { chainRunId: ++chain });
  });

  const reconcile = (
    lines: readonly SettlementLine[] | ReconcileOptions['downstream']['file'],
    more: Partial<ReconcileOptions> = {},
  ) =>
    reconcileNight({
      store: at.store,
      night: at.night,
      engine: {
        lastPass: async () => ({ asked: 0, settled: 0, repeated: 0, stillOpen: 0 }),
        applySettlementLines: async () => 0,
        capabilities: {
          batchMax: 500,
          maxRequestsPerSecond: 200,
          visibilityMs: 1,
          keyLifetimeMs: 86_400_000,
          void: true,
        },
      },
      downstream: { name: 'gateway', file: typeof lines === 'function' ? lines : fileOf(lines ?? []) },
      runtime: systemRuntime(),
      logger: silentLogger,
      signal: new AbortController().signal,
      gatewayTimeoutMs: 1,
      filesForMs: 0,
      ...more,
    });

  const found = () =>
    at.store.read('found', (db) =>
      db.all<{
        kind: string;
        request_no: string | null;
        contract_no: string | null;
        leg: string | null;
        ours_minor: string | null;
        gateway_minor: string | null;
      }>(
        'select kind, request_no, contract_no, leg, ours_minor, gateway_minor from difference where night_id = ? order by id',
        [at.night.id],
      ),
    );
  const kinds = async (): Promise<string[]> => (await found()).map((one) => one.kind);
  const planState = async (item: PlacedItem): Promise<string | undefined> =>
    (
      await at.store.read('plan', (db) =>
        db.get<{ state: string }>('select state from plan where id = ?', [item.planId]),
      )
    )?.state;

  const everyState: ItemGiven[] = [
    {},
    { leg: 'PRINCIPAL', amountMinor: 99_999_999_999 },
    { currency: 'KWD', amountMinor: 1 },
    { state: 'FAILED' },
    { state: 'BLOCKED', leg: 'PRINCIPAL', reason: 'PREMIUM_FAILED' },
    { state: 'PENDING', leg: 'PRINCIPAL' },
    { state: 'PROCESSING', open: 'UNCLEAR' },
    { state: 'RETRY_WAIT', open: 'RETRY_WAIT' },
    { state: 'RETRY_WAIT', callState: 'REFUSED', callCode: 'EXPIRED' },
    { state: 'MANUAL' },
  ];
  const successes = (items: readonly PlacedItem[]): SettlementLine[] => items.slice(0, 3).map((item) => lineOf(item));

  test('holds when every success has its line, every line its call, and the sums agree', async () => {
    const items = await placeItems(at, everyState);
    const result = await reconcile(successes(items));
    expect(result).toEqual({ holds: true, fileLines: 3, matched: 3, otherNights: 0, differences: {} });
    expect(await kinds()).toEqual([]);
  });

  test('holds for a night without a single item', async () => {
    expect(await reconcile([])).toMatchObject({ holds: true, matched: 0 });
  });

  test('(d) finds the one success whose line is lost', async () => {
    const items = await placeItems(at, everyState);
    const result = await reconcile(successes(items).slice(1));
    expect(result).toMatchObject({ holds: false, matched: 2, differences: { ONLY_OURS: 1 } });
    expect(await found()).toMatchObject([
      {
        kind: 'ONLY_OURS',
        request_no: items[0]?.requestNo,
        contract_no: items[0]?.contractNo,
        ours_minor: '10000',
        gateway_minor: null,
      },
    ]);
  });

  test('(d) fetches once more, a visibility later, before a line counts as lost', async () => {
    const items = await placeItems(at, everyState);
    const asked: string[] = [];
    const result = await reconcile(async (date) => {
      asked.push(date);
      const isSecond = asked.filter((one) => one === date).length > 1;
      return linesFile(date !== BUSINESS_DATE ? [] : isSecond ? successes(items) : successes(items).slice(2));
    });
    expect(result).toMatchObject({ holds: true, matched: 3 });
    expect(asked.filter((date) => date === BUSINESS_DATE)).toHaveLength(2);
  });

  test('(c) finds the line that belongs to no call of ours', async () => {
    const items = await placeItems(at, everyState);
    const stranger = lineOf(items[0] as PlacedItem, { requestNo: 'prod.X1.1.P.1.1', gatewayRef: 'G-x', amount: '77' });
    expect(
      await reconcile([
        ...successes(items),
        stranger,
        lineOf(items[0] as PlacedItem, { requestNo: 'nonsense', gatewayRef: '' }),
      ]),
    ).toMatchObject({
      holds: false,
      matched: 3,
      differences: { ONLY_GATEWAY: 2 },
    });
    expect(await found()).toMatchObject([
      { kind: 'ONLY_GATEWAY', request_no: 'nonsense', contract_no: null },
      { kind: 'ONLY_GATEWAY', request_no: 'prod.X1.1.P.1.1', gateway_minor: '77', ours_minor: null },
    ]);
  });

  test.each([
    ['amount', { amount: '10001' }],
    ['amount that is no plain integer', { amount: '10000.0' }],
    ['amount with a leading zero', { amount: '010000' }],
    ['currency', { currency: 'USD' }],
    ['account', { accountNo: '6200' }],
    ['account of 5,000 characters', { accountNo: '6'.repeat(5_000) }],
  ])('(c) finds the line with another %s', async (_what, other) => {
    const items = await placeItems(at, everyState);
    const [first, ...rest] = successes(items);
    const result = await reconcile([{ ...(first as SettlementLine), ...other }, ...rest]);
    expect(result).toMatchObject({ holds: false, matched: 2, differences: { AMOUNT_DIFFERS: 1 } });
  });

  test('(c) a line that comes again with another amount is found beside the right one', async () => {
    const items = await placeItems(at, everyState);
    const result = await reconcile([...successes(items), lineOf(items[0] as PlacedItem, { amount: '1' })]);
    expect(result).toMatchObject({ holds: false, matched: 3, differences: { AMOUNT_DIFFERS: 1 } });
  });

  test('(c) two lines for one plan are a double debit', async () => {
    const items = await placeItems(at, everyState);
    const result = await reconcile([...successes(items), lineOf(items[0] as PlacedItem, { gatewayRef: 'G-again' })]);
    expect(result).toMatchObject({ holds: false, matched: 3, differences: { DOUBLE_DEBIT: 1 } });
    expect(await planState(items[0] as PlacedItem)).toBe('paid');
  });

  test('(c) a line for an attempt that we never made is a double debit of the paid plan as well', async () => {
    const items = await placeItems(at, everyState);
    const again = (items[0] as PlacedItem).requestNo.replace(/1$/, '2');
    const result = await reconcile([
      ...successes(items),
      lineOf(items[0] as PlacedItem, { gatewayRef: 'G-2', requestNo: again }),
    ]);
    expect(result).toMatchObject({ holds: false, differences: { ONLY_GATEWAY: 1, DOUBLE_DEBIT: 1 } });
  });

  test('the same line in two files, or twice in one, is one line', async () => {
    const items = await placeItems(at, everyState);
    const result = await reconcile(async () => linesFile([...successes(items), ...successes(items)]));
    expect(result).toMatchObject({ holds: true, fileLines: 3, matched: 3 });
  });

  test.each([
    'FAILED',
    'RETRY_WAIT',
    'PROCESSING',
    'MANUAL',
  ] as const)('(c) a debit of a call that we hold %s breaks it, and its plan is held', async (state) => {
    const [item] = await placeItems(at, [{ state }]);
    const result = await reconcile([lineOf(item as PlacedItem)]);
    expect(result).toMatchObject({ holds: false, differences: { STATE_DIFFERS: 1 } });
    expect(await planState(item as PlacedItem)).toBe('held');
  });

  test('(c) a debit of our plan by a call that is not in our books holds the plan', async () => {
    const [item, blocked] = await placeItems(at, [{}, { state: 'BLOCKED', leg: 'PRINCIPAL' }]);
    const result = await reconcile([lineOf(item as PlacedItem), lineOf(blocked as PlacedItem)]);
    expect(result).toMatchObject({ holds: false, differences: { ONLY_GATEWAY: 1 } });
    expect(await planState(blocked as PlacedItem)).toBe('held');
  });

  test('a line of another environment holds no plan of ours', async () => {
    const [item, open] = await placeItems(at, [{}, { state: 'BLOCKED', leg: 'PRINCIPAL' }]);
    const foreign = (open as PlacedItem).requestNo.replace(/^test/, 'prod');
    await reconcile([lineOf(item as PlacedItem), lineOf(open as PlacedItem, { requestNo: foreign })]);
    expect(await kinds()).toEqual(['ONLY_GATEWAY']);
    expect(await planState(open as PlacedItem)).toBe('open');
  });

  test('(c) a line whose call succeeded but whose plan is not paid breaks it', async () => {
    const items = await placeItems(at, [{ planState: 'open' }]);
    expect(await reconcile([lineOf(items[0] as PlacedItem)])).toMatchObject({
      holds: false,
      differences: { STATE_DIFFERS: 1 },
    });
  });

  test('another reference than the answer gave is listed and breaks nothing', async () => {
    const items = await placeItems(at, [{}]);
    const result = await reconcile([lineOf(items[0] as PlacedItem, { gatewayRef: 'G-other' })]);
    expect(result).toMatchObject({ holds: true, matched: 1, otherNights: 0, differences: { REFERENCE_OTHER: 1 } });
  });

  test('(a) finds the one item that is lost', async () => {
    const items = await placeItems(at, everyState);
    await plant(at.store, 'delete from item where run_id = ? and seq = ?', [at.runs.PREMIUM, items[3]?.seq ?? 0]);
    expect(await reconcile(successes(items))).toMatchObject({ holds: false, differences: { MANIFEST_SUM: 1 } });
    expect(await found()).toMatchObject([{ kind: 'MANIFEST_SUM', leg: 'PREMIUM' }]);
  });

  test('(a) finds the one item that is there twice', async () => {
    const items = await placeItems(at, everyState);
    await plant(
      at.store,
      `insert into item (run_id, slice_no, seq, subject, amount_minor, currency, state, presentation, attempt)
       select run_id, slice_no + 1, seq + 100, subject, amount_minor, currency, 'PENDING', 2, 0 from item
        where run_id = ? and state = 'FAILED'`,
      [at.runs.PREMIUM],
    );
    expect(await reconcile(successes(items))).toMatchObject({ holds: false, differences: { MANIFEST_SUM: 1 } });
  });

  test('(a) finds the one item with another amount', async () => {
    const items = await placeItems(at, everyState);
    await plant(at.store, `update item set amount_minor = amount_minor + 1 where run_id = ? and state = 'PENDING'`, [
      at.runs.PRINCIPAL,
    ]);
    expect(await reconcile(successes(items))).toMatchObject({ holds: false, differences: { MANIFEST_SUM: 1 } });
  });

  test.each([
    ['FAILED', 'UNKNOWN'],
    ['FAILED', null],
    ['BLOCKED', 'UNKNOWN'],
    ['PENDING', 'UNKNOWN'],
    ['PROCESSING', null],
    ['PROCESSING', 'VOIDED'],
    ['MANUAL', null],
    ['RETRY_WAIT', null],
  ] as const)('(a) does not believe an item that says %s when its call is %s', async (state, callState) => {
    const items = await placeItems(at, [{}, { state, callState }]);
    const result = await reconcile([lineOf(items[0] as PlacedItem)]);
    expect(result).toMatchObject({ holds: false, differences: { RECOUNT: 1 } });
    expect((await found()).find((one) => one.kind === 'RECOUNT')?.contract_no).toBe(items[1]?.contractNo);
  });

  test('(a) does not believe an item that has a later call than it knows of', async () => {
    const items = await placeItems(at, [{ attempt: 2 }]);
    await plant(at.store, 'update item set attempt = 1 where run_id = ?', [at.runs.PREMIUM]);
    expect((await reconcile([lineOf(items[0] as PlacedItem)])).differences.RECOUNT).toBe(1);
  });

  test('(b) finds the one ledger entry that is lost', async () => {
    const items = await placeItems(at, [{}, { booked: false }]);
    const result = await reconcile(items.map((item) => lineOf(item)));
    expect(result).toMatchObject({ holds: false, differences: { LEDGER_SUM: 1, RECOUNT: 1, STATE_DIFFERS: 1 } });
  });

  test('(b) finds the one ledger entry that is there twice', async () => {
    const items = await placeItems(at, [{}, {}]);
    await plant(
      at.store,
      `insert into ledger select downstream_id, subject, presentation, attempt + 1, entry_type, run_id, group_name, currency,
         amount_minor, gateway_ref, booked_at from ledger where run_id = ? and subject = ?`,
      [at.runs.PREMIUM, items[1]?.planId ?? 0],
    );
    const result = await reconcile(items.map((item) => lineOf(item)));
    expect(result).toMatchObject({ holds: false, differences: { LEDGER_SUM: 1, RECOUNT: 1, DOUBLE_DEBIT: 1 } });
  });

  test('(b) finds the one ledger entry with another amount', async () => {
    const items = await placeItems(at, [{}, { booked: false }]);
    await plant(
      at.store,
      `insert into ledger select downstream_id, subject, presentation, attempt, 'DEBIT', run_id, 'PREMIUM', currency,
         amount_minor - 1, gateway_ref, 1 from call_out where run_id = ? and subject = ?`,
      [at.runs.PREMIUM, items[1]?.planId ?? 0],
    );
    const result = await reconcile(items.map((item) => lineOf(item)));
    expect(result.holds).toBe(false);
    expect(Object.keys(result.differences).sort()).toEqual(['AMOUNT_DIFFERS', 'LEDGER_SUM', 'MANIFEST_SUM', 'RECOUNT']);
  });

  test('(b) finds a ledger entry of the night that no item stands for', async () => {
    const items = await placeItems(at, [{}, {}]);
    await plant(
      at.store,
      `insert into ledger select downstream_id, subject + 1, presentation, 7, entry_type, run_id, group_name, currency,
         amount_minor, gateway_ref, booked_at from ledger where run_id = ? and subject = ?`,
      [at.runs.PREMIUM, items[0]?.planId ?? 0],
    );
    expect((await reconcile(items.map((item) => lineOf(item)))).differences.LEDGER_SUM).toBe(1);
  });

  test('lines of other nights are matched to their calls and are no differences', async () => {
    const earlier = await placeItems(at, [{}, {}]);
    at = await givenNight(opened.store, { chainRunId: ++chain, startedAtMs: STARTED_AT + 3_600_000 });
    const tonight = await placeItems(at, [{}]);
    const result = await reconcile([...earlier, ...tonight].map((item) => lineOf(item)));
    expect(result).toEqual({ holds: true, fileLines: 3, matched: 1, otherNights: 2, differences: {} });
  });

  test('a plan that another night paid already and tonight debits again is a double debit', async () => {
    const [earlier] = await placeItems(at, [{}]);
    at = await givenNight(opened.store, { chainRunId: ++chain });
    const [again] = await placeItems(at, [{ contractNo: (earlier as PlacedItem).contractNo, presentation: 2 }]);
    const result = await reconcile([lineOf(again as PlacedItem)]);
    expect(result.differences).toMatchObject({ DOUBLE_DEBIT: 1, RECOUNT: 1 });
  });

  test('a success that was carried over needs its line as well', async () => {
    const [carried] = await placeItems(at, [{ state: 'PROCESSING', open: 'UNCLEAR' }]);
    at = await givenNight(opened.store, {
      chainRunId: ++chain,
      startedAtMs: STARTED_AT + 86_400_000,
      businessDate: new Date(STARTED_AT + 86_400_000).toISOString().slice(0, 10),
    });
    await at.store.transaction('note', (tx) => noteCarriedOver(tx, at.night));
    await settleAs(at, carried as PlacedItem);
    expect(await reconcile([])).toMatchObject({ holds: false, differences: { ONLY_OURS: 1 } });
    expect(await reconcile([lineOf(carried as PlacedItem)])).toMatchObject({ holds: true, matched: 0, otherNights: 1 });
  });

  test('a rerun replaces what the run before it found', async () => {
    const items = await placeItems(at, everyState);
    await reconcile([]);
    expect(await kinds()).toEqual(['ONLY_OURS', 'ONLY_OURS', 'ONLY_OURS']);
    await reconcile(successes(items));
    expect(await kinds()).toEqual([]);
  });

  test('a line of an open call is offered to the engine before anything is matched', async () => {
    const [item, failed, wrong] = await placeItems(at, [
      { state: 'PROCESSING', open: 'UNCLEAR' },
      { state: 'FAILED' },
      { state: 'PROCESSING', open: 'UNCLEAR' },
    ]);
    const offered: string[] = [];
    const result = await reconcile(
      [lineOf(item as PlacedItem), lineOf(failed as PlacedItem), lineOf(wrong as PlacedItem, { amount: '1' })],
      {
        engine: {
          lastPass: async () => ({ asked: 0, settled: 0, repeated: 0, stillOpen: 0 }),
          applySettlementLines: async (lines) => {
            offered.push(...lines.map((line) => line.requestNo));
            await settleAs(at, item as PlacedItem);
            return 1;
          },
          capabilities: null,
        },
      },
    );
    expect(offered.sort()).toEqual([item?.requestNo, failed?.requestNo].sort());
    expect(result).toMatchObject({ matched: 1, differences: { STATE_DIFFERS: 1, AMOUNT_DIFFERS: 1 } });
  });

  test('contradictions are listed and do not break conservation by themselves', async () => {
    const [item] = await placeItems(at, [{}]);
    await plant(
      at.store,
      `insert into contradiction (downstream_id, run_id, slice_no, seq, request_no, kept, other, evidence_id, at_ms)
       values (?, ?, ?, ?, ?, 'SUCCESS G', 'FAILED VOIDED', 1, ?)`,
      [at.downstreamId, item?.runId ?? 0, item?.sliceNo ?? 0, item?.seq ?? 0, item?.requestNo ?? '', STARTED_AT + 5],
    );
    expect(await reconcile([lineOf(item as PlacedItem)])).toMatchObject({
      holds: true,
      differences: { CONTRADICTION: 1 },
    });
    await plant(at.store, 'delete from contradiction');
  });

  test('a downstream without settlement files proves nothing', async () => {
    await placeItems(at, [{}]);
    const result = await reconcile([], { downstream: { name: 'gateway' } });
    expect(result.holds).toBe(false);
    expect(result.differences.ONLY_OURS).toBeUndefined();
    expect(result.differences.NO_SETTLEMENT_FILE).toBeGreaterThan(0);
  });

  test('a file that proves bad at its end leaves nothing, and is fetched again', async () => {
    const items = await placeItems(at, [{}, {}]);
    let tries = 0;
    const result = await reconcile(
      async (date) => {
        if (date !== BUSINESS_DATE) return { kind: 'absent' };
        tries++;
        return tries === 1
          ? linesFile(
              [lineOf(items[0] as PlacedItem), lineOf(items[1] as PlacedItem, { requestNo: 'from-the-bad-one' })],
              new Error('TRAILER says 3'),
            )
          : linesFile(items.map((item) => lineOf(item)));
      },
      { filesForMs: 5_000 },
    );
    expect(tries).toBe(2);
    expect(result).toMatchObject({ holds: true, fileLines: 2, matched: 2 });
  });

  test('a bad file takes away no line that a good one brought', async () => {
    const items = await placeItems(at, [{}]);
    const result = await reconcile(async (date) =>
      date <= BUSINESS_DATE
        ? linesFile([lineOf(items[0] as PlacedItem)])
        : linesFile(
            [lineOf(items[0] as PlacedItem), lineOf(items[0] as PlacedItem, { requestNo: 'bad' })],
            new Error('cut'),
          ),
    );
    expect(result).toMatchObject({ fileLines: 1, matched: 1 });
  });

  test('a required date whose file cannot be had breaks conservation', async () => {
    const items = await placeItems(at, [{}]);
    const result = await reconcile(async (date) =>
      date === BUSINESS_DATE ? { kind: 'unusable', why: 'HTTP 500' } : linesFile(items.map((item) => lineOf(item))),
    );
    expect(result).toMatchObject({ holds: false, matched: 1, differences: { NO_SETTLEMENT_FILE: 1 } });
  });
});

/** The engine's part, in short: an open item is settled as a success. */
async function settleAs(at: NightGiven, item: PlacedItem): Promise<void> {
  await at.store.transaction('settle', async (tx) => {
    await tx.run(`update item set state = 'SUCCESS' where run_id = ? and slice_no = ? and seq = ?`, [
      item.runId,
      item.sliceNo,
      item.seq,
    ]);
    await tx.run(`update call_out set state = 'SUCCEEDED', gateway_ref = ?, settled_by = 'file' where request_no = ?`, [
      item.gatewayRef,
      item.requestNo,
    ]);
    await tx.run(`update plan set state = 'paid' where id = ?`, [item.planId]);
    await tx.run('delete from open_item where run_id = ? and slice_no = ? and seq = ?', [
      item.runId,
      item.sliceNo,
      item.seq,
    ]);
    await tx.insertRows(
      {
        table: 'ledger',
        columns: [
          'downstream_id',
          'subject',
          'presentation',
          'attempt',
          'entry_type',
          'run_id',
          'group_name',
          'currency',
          'amount_minor',
          'gateway_ref',
          'booked_at',
        ],
        onConflict: 'ignore',
      },
      [
        [
          at.downstreamId,
          item.planId,
          1,
          1,
          'DEBIT',
          item.runId,
          'PREMIUM',
          item.currency,
          item.amountMinor,
          item.gatewayRef,
          1,
        ],
      ],
    );
  });
}

const linesFile = (lines: readonly SettlementLine[], failsWith?: Error): SettlementFile => ({
  kind: 'lines',
  lines: (async function* () {
    yield lines;
    if (failsWith) throw failsWith;
  })(),
});

const fileOf =
  (lines: readonly SettlementLine[]) =>
  async (date: string): Promise<SettlementFile> =>
    date === BUSINESS_DATE ? linesFile(lines) : { kind: 'absent' };
