import { describe, expect, test } from 'vitest';
import { parsePlanLine } from '../../../../../executor/examples/settlement/plan-line.ts';
import { LongPlanLine } from '../../../../../executor/examples/settlement/plan-long-line.ts';

const GOOD = ['C1', '1', 'PREMIUM', 'U1', 'M1', 'A1', 'CNY', '12.50', '2026-11-20'];

function lineWith(changes: Record<number, string>): string {
  return GOOD.map((field, i) => changes[i] ?? field).join(',');
}

/** Judges the bytes whole and in pieces: a long line must be judged like a short one. */
function codeOf(line: string | Buffer): string {
  const bytes = Buffer.isBuffer(line) ? line : Buffer.from(line, 'utf8');
  const verdict = parsePlanLine(bytes.toString('latin1'));
  const long = new LongPlanLine();
  for (let at = 0; at < bytes.length; at += 7) long.push(bytes.subarray(at, at + 7));
  expect(long.end()).toEqual(verdict);
  return verdict.kind === 'data' ? 'accepted' : verdict.code;
}

test('a good line becomes a plan in minor units', () => {
  expect(parsePlanLine(lineWith({}))).toEqual({
    kind: 'data',
    plan: {
      contractNo: 'C1',
      period: 1,
      leg: 'PREMIUM',
      customerNo: 'U1',
      merchantNo: 'M1',
      accountNo: 'A1',
      currency: 'CNY',
      amountMinor: 1250,
      dueDate: '2026-11-20',
    },
  });
});

describe('fields are counted and taken as they are', () => {
  test.each([
    ['eight fields', GOOD.slice(0, 8).join(','), 'FIELD_COUNT'],
    ['ten fields', `${lineWith({})},`, 'FIELD_COUNT'],
    ['a line of spaces', '   ', 'FIELD_COUNT'],
    ['a trailer in the middle', 'TRAILER,3', 'FIELD_COUNT'],
    ['only commas', ',,,,,,,,', 'FIELD_EMPTY'],
    ['an empty amount', lineWith({ 7: '' }), 'FIELD_EMPTY'],
    ['an empty field before a field that is too long', lineWith({ 0: 'C'.repeat(33), 8: '' }), 'FIELD_EMPTY'],
    ['a space before a contract', lineWith({ 0: ' C1' }), 'FIELD_INVALID'],
    ['a space after a leg', lineWith({ 2: 'PREMIUM ' }), 'LEG_UNKNOWN'],
    ['a leg in small letters', lineWith({ 2: 'premium' }), 'LEG_UNKNOWN'],
    ['a currency in small letters', lineWith({ 6: 'cny' }), 'CURRENCY_UNKNOWN'],
    ['a carriage return at the end', `${lineWith({})}\r`, 'DATE_INVALID'],
  ])('%s', (_what, line, code) => expect(codeOf(line)).toBe(code));
});

describe('quotes follow RFC 4180 inside one line', () => {
  test.each([
    ['all fields quoted', GOOD.map((f) => `"${f}"`).join(','), 'accepted'],
    ['a quoted comma', lineWith({ 3: '"U,1"' }), 'FIELD_INVALID'],
    ['a doubled quote', lineWith({ 3: '"U""1"' }), 'FIELD_INVALID'],
    ['a quoted empty field', lineWith({ 3: '""' }), 'FIELD_EMPTY'],
    ['a quote that never closes', lineWith({ 3: '"U1' }), 'FIELD_COUNT'],
    ['text after a closing quote', lineWith({ 3: '"U"1' }), 'FIELD_COUNT'],
    ['a space after a closing quote', lineWith({ 8: '"2026-11-20" ' }), 'FIELD_COUNT'],
    ['a quote inside an unquoted field', lineWith({ 3: 'U"1' }), 'FIELD_INVALID'],
    ['a quote at the end of an unquoted field', lineWith({ 7: '12.50"' }), 'AMOUNT_INVALID'],
    ['a lone quote as the last field', lineWith({ 8: '"' }), 'FIELD_COUNT'],
  ])('%s', (_what, line, code) => expect(codeOf(line)).toBe(code));
});

describe('the four numbers', () => {
  test.each([0, 3, 4, 5])('field %i: at most 32 characters, before what they are', (field) => {
    expect(codeOf(lineWith({ [field]: 'a'.repeat(32) }))).toBe('accepted');
    expect(codeOf(lineWith({ [field]: 'a'.repeat(33) }))).toBe('FIELD_TOO_LONG');
    expect(codeOf(lineWith({ [field]: '!'.repeat(33) }))).toBe('FIELD_TOO_LONG');
    expect(codeOf(lineWith({ [field]: 'Az09-_' }))).toBe('accepted');
    for (const bad of ['a.b', 'a b', 'é', '１', 'a\u0000', 'a\tb', '\ufeffa']) {
      expect(codeOf(lineWith({ [field]: bad }))).toBe('FIELD_INVALID');
    }
  });

  test('characters are code points, not bytes and not UTF-16 units', () => {
    expect(codeOf(lineWith({ 0: '😀'.repeat(32) }))).toBe('FIELD_INVALID');
    expect(codeOf(lineWith({ 0: '😀'.repeat(33) }))).toBe('FIELD_TOO_LONG');
  });

  test('invalid UTF-8 counts as replacement characters', () => {
    const withBytes = (bytes: number[]): Buffer =>
      Buffer.concat([Buffer.from(bytes), Buffer.from(lineWith({ 0: '' }))]);
    expect(codeOf(withBytes([0xff]))).toBe('FIELD_INVALID');
    expect(codeOf(withBytes(new Array(32).fill(0xff)))).toBe('FIELD_INVALID');
    expect(codeOf(withBytes(new Array(33).fill(0xff)))).toBe('FIELD_TOO_LONG');
    // A sequence that is cut short is one character; its comma still ends the field.
    expect(codeOf(withBytes([0xe4, 0xb8]))).toBe('FIELD_INVALID');
  });

  test('a field that is too long is found before another that is invalid', () => {
    expect(codeOf(lineWith({ 0: '!', 5: 'a'.repeat(33) }))).toBe('FIELD_TOO_LONG');
  });
});

describe('period', () => {
  test.each(['1', '9', '10', '599', '600'])('%s is one', (period) =>
    expect(codeOf(lineWith({ 1: period }))).toBe('accepted'));
  test.each(['0', '601', '1000', '01', '+1', '-1', '1.0', ' 1', '1e2', '١', 'x', '９'])('%s is none', (period) =>
    expect(codeOf(lineWith({ 1: period }))).toBe('PERIOD_INVALID'));
});

describe('amount', () => {
  const minor = (currency: string, amount: string): number | string => {
    const verdict = parsePlanLine(lineWith({ 6: currency, 7: amount }));
    return verdict.kind === 'data' ? verdict.plan.amountMinor : verdict.code;
  };
  test.each([
    ['CNY', '0.01', 1],
    ['CNY', '1', 100],
    ['CNY', '1.5', 150],
    ['CNY', '007.50', 750],
    ['CNY', '999999999.99', 99_999_999_999],
    ['JPY', '99999999999', 99_999_999_999],
    ['JPY', '1399', 1399],
    ['KWD', '0.001', 1],
    ['KWD', '14.911', 14_911],
    ['USD', `${'0'.repeat(500)}1.10`, 110],
  ])('%s %s', (currency, amount, expected) => expect(minor(currency, amount)).toBe(expected));
  test.each([
    ['CNY', '0'],
    ['CNY', '0.00'],
    ['CNY', '1.234'],
    ['CNY', '1.000'],
    ['JPY', '1.0'],
    ['JPY', '1.'],
    ['CNY', '.5'],
    ['CNY', '1.2.3'],
    ['CNY', '1000000000.00'],
    ['JPY', '100000000000'],
    ['CNY', '-1.00'],
    ['CNY', '+1.00'],
    ['CNY', '1e3'],
    ['CNY', '0x10'],
    ['CNY', '1 000'],
    ['CNY', '１'],
    ['CNY', 'NaN'],
    ['KWD', '99999999.9999'],
  ])('%s %s is none', (currency, amount) => expect(minor(currency, amount)).toBe('AMOUNT_INVALID'));

  test('leading zeros without end are judged like any digits', () => {
    const zeros = '0'.repeat(3_000_000);
    expect(codeOf(lineWith({ 7: `${zeros}1.50` }))).toBe('accepted');
    expect(codeOf(lineWith({ 7: `${zeros}` }))).toBe('AMOUNT_INVALID');
    expect(codeOf(lineWith({ 7: `0.${zeros}` }))).toBe('AMOUNT_INVALID');
  });

  test('the currency is looked at before the amount', () => {
    expect(codeOf(lineWith({ 6: 'EUR', 7: 'x' }))).toBe('CURRENCY_UNKNOWN');
  });
});

describe('due date', () => {
  test.each(['2024-02-29', '2000-02-29', '2026-12-31', '0001-01-01', '9999-12-31'])('%s is one', (date) =>
    expect(codeOf(lineWith({ 8: date }))).toBe('accepted'));
  test.each([
    '2026-02-29',
    '1900-02-29',
    '2026-02-30',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-1-01',
    '26-01-01',
    '2026/11/20',
    '20261120',
    '2026-11-20T00:00:00',
    '0000-01-01',
    '２０２６-11-20',
  ])('%s is none', (date) => expect(codeOf(lineWith({ 8: date }))).toBe('DATE_INVALID'));
});

describe('a rejected line tells whose premium it was', () => {
  const premiumOf = (line: string) => {
    const verdict = parsePlanLine(line);
    return verdict.kind === 'reject' ? verdict.premium : 'accepted';
  };
  test('with nine fields, a good contract, a good period and the leg PREMIUM', () => {
    expect(premiumOf(lineWith({ 7: 'x' }))).toEqual({ contractNo: 'C1', period: 1 });
    expect(premiumOf(lineWith({ 3: '' }))).toEqual({ contractNo: 'C1', period: 1 });
    expect(premiumOf(lineWith({ 3: '!' }))).toEqual({ contractNo: 'C1', period: 1 });
  });
  test('and otherwise not', () => {
    expect(premiumOf(lineWith({ 2: 'PRINCIPAL', 7: 'x' }))).toBeNull();
    expect(premiumOf(lineWith({ 2: 'PREMIUMS' }))).toBeNull();
    expect(premiumOf(lineWith({ 0: 'C 1' }))).toBeNull();
    expect(premiumOf(lineWith({ 0: 'C'.repeat(33) }))).toBeNull();
    expect(premiumOf(lineWith({ 1: '601' }))).toBeNull();
    expect(premiumOf(`${lineWith({})},x`)).toBeNull();
  });
});
