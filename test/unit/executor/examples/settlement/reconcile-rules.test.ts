import { describe, expect, test } from 'vitest';
import { SumsByLeg, sumDifferences } from '../../../../../executor/examples/settlement/conservation.ts';
import { mustBeHad, settlementFileDates } from '../../../../../executor/examples/settlement/fetch-settlement-files.ts';
import { judgeLine, type LineCase } from '../../../../../executor/examples/settlement/reconcile-line-rules.ts';
import { plainAmount } from '../../../../../executor/examples/settlement/reconcile-stage-lines.ts';

describe('the dates whose files are fetched', () => {
  const day = (date: string, time = '12:00') => Date.parse(`${date}T${time}:00Z`);
  test('run from the day before the first send to the day after now, and include the business date', () => {
    const night = {
      businessDate: '2026-11-15',
      firstSendAtMs: day('2026-11-20', '23:59'),
      nowMs: day('2026-11-21', '00:01'),
    };
    expect(settlementFileDates(night)).toEqual(['2026-11-15', '2026-11-19', '2026-11-20', '2026-11-21', '2026-11-22']);
  });
  test('cross the end of a year and a leap day', () => {
    const newYear = { businessDate: '2026-12-31', firstSendAtMs: day('2027-01-01'), nowMs: day('2027-01-01') };
    expect(settlementFileDates(newYear)).toEqual(['2026-12-31', '2027-01-01', '2027-01-02']);
    const leap = { businessDate: '2028-02-29', firstSendAtMs: day('2028-02-29'), nowMs: day('2028-02-29') };
    expect(settlementFileDates(leap)).toEqual(['2028-02-28', '2028-02-29', '2028-03-01']);
  });
  test('the file of a day that has not begun is not required, unless it is the business date', () => {
    const nowMs = day('2026-11-20');
    expect(mustBeHad('2026-11-20', '2026-11-20', nowMs)).toBe(true);
    expect(mustBeHad('2026-11-21', '2026-11-20', nowMs)).toBe(false);
    expect(mustBeHad('2026-11-21', '2026-11-21', nowMs)).toBe(true);
  });
});

test.each([
  ['10000', 10_000],
  ['0', 0],
  ['010', null],
  ['-1', null],
  ['+1', null],
  ['1.0', null],
  ['1e3', null],
  ['', null],
  [' 1', null],
  ['٣', null],
  ['9'.repeat(16), null],
])('the amount %j is read as %j', (text, amount) => {
  expect(plainAmount(text)).toBe(amount);
});

describe('a settlement line', () => {
  const right: LineCase = {
    line: { gatewayRef: 'G1', accountNo: '62', currency: 'CNY', amountMinor: 100 },
    plan: { state: 'paid' },
    call: { state: 'SUCCEEDED', accountNo: '62', currency: 'CNY', amountMinor: 100 },
    entry: { gatewayRef: 'G1', currency: 'CNY', amountMinor: 100 },
    planEntries: 1,
    planDebits: 1,
    isOurEnvironment: true,
  };
  const judged = (other: Partial<LineCase>) => judgeLine({ ...right, ...other });

  test('is right when call, plan and ledger agree with it', () => {
    expect(judged({})).toEqual({ differences: [], isReferenceOther: false, holdsPlan: false });
  });
  test('is right for a plan that is paid and held because two answers contradict', () => {
    expect(judged({ plan: { state: 'held' } }).differences).toEqual([]);
  });
  test('of two for one request the one under the booked reference is right', () => {
    const again = { ...right.line, gatewayRef: 'G2' };
    expect(judged({ planDebits: 2 }).differences).toEqual([]);
    expect(judged({ planDebits: 2, line: again }).differences).toEqual(['DOUBLE_DEBIT']);
  });
  test('alone under another reference is only noted', () => {
    const verdict = judged({ line: { ...right.line, gatewayRef: 'G2' } });
    expect(verdict).toEqual({ differences: [], isReferenceOther: true, holdsPlan: false });
  });
  test.each([
    'STORED',
    'SENT',
    'UNKNOWN',
    'REFUSED',
    'VOIDED',
  ])('of a call that is %s differs in state and holds the plan', (state) => {
    const call = { state, accountNo: '62', currency: 'CNY', amountMinor: 100 };
    const verdict = judged({ call, entry: null, planEntries: 0, plan: { state: 'open' } });
    expect(verdict).toEqual({ differences: ['STATE_DIFFERS'], isReferenceOther: false, holdsPlan: true });
  });
  test('of an attempt whose plan was paid by another one is a double debit', () => {
    const call = { state: 'VOIDED', accountNo: '62', currency: 'CNY', amountMinor: 100 };
    expect(judged({ call, entry: null }).differences).toEqual(['STATE_DIFFERS', 'DOUBLE_DEBIT']);
  });
  test('of no call holds the plan only when it is from our environment', () => {
    const none = { call: null, entry: null, planEntries: 0, plan: { state: 'open' } };
    expect(judged(none)).toMatchObject({ differences: ['ONLY_GATEWAY'], holdsPlan: true });
    expect(judged({ ...none, isOurEnvironment: false })).toMatchObject({
      differences: ['ONLY_GATEWAY'],
      holdsPlan: false,
    });
    expect(judged({ ...none, plan: null })).toMatchObject({ differences: ['ONLY_GATEWAY'], holdsPlan: false });
  });
});

describe('the sums of a night', () => {
  const sums = (count: number, amountMinor: bigint): SumsByLeg => {
    const one = new SumsByLeg();
    if (count > 0) one.add('PREMIUM', 'CNY', { count, amountMinor });
    return one;
  };
  const even = () => ({
    manifest: sums(2, 2n ** 60n),
    recounted: sums(2, 2n ** 60n),
    success: sums(1, 5n),
    ledger: sums(1, 5n),
  });

  test('agree when they are equal', () => expect(sumDifferences(even())).toEqual([]));
  test('differ by one minor unit far beyond 2^53', () => {
    const found = sumDifferences({ ...even(), recounted: sums(2, 2n ** 60n + 1n) });
    expect(found).toMatchObject([
      { kind: 'MANIFEST_SUM', leg: 'PREMIUM', currency: 'CNY', oursMinor: '1152921504606846977' },
    ]);
  });
  test('differ by one item of the same total', () => {
    expect(sumDifferences({ ...even(), ledger: sums(2, 5n) })).toMatchObject([{ kind: 'LEDGER_SUM' }]);
  });
  test('differ when a leg and currency is on one side alone', () => {
    expect(sumDifferences({ ...even(), manifest: sums(0, 0n) })).toMatchObject([{ kind: 'MANIFEST_SUM' }]);
    expect(sumDifferences({ ...even(), success: sums(0, 0n) })).toMatchObject([{ kind: 'LEDGER_SUM' }]);
  });
});
