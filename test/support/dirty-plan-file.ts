/**
 * A plan file with every kind of dirt, made together with what a right import has to say about each line. Nothing here
 * reads a line: what is wrong with it is known because it was put there.
 */
export interface MadePlan {
  readonly contract: string;
  readonly period: number;
  readonly leg: 'PREMIUM' | 'PRINCIPAL';
  readonly currency: string;
  readonly minor: number;
  readonly isDue: boolean;
}

export interface MadeFile {
  readonly bytes: Buffer;
  readonly dataLines: number;
  readonly plans: readonly MadePlan[];
  /** `rejects.csv`, byte by byte. */
  readonly rejects: Buffer;
  readonly rejectCounts: Readonly<Record<string, number>>;
  /** `contract.period` of premiums that were rejected so that their principal must not be debited. */
  readonly blocking: ReadonlySet<string>;
}

export const PLAN_FILE_HEADER = 'contract_no,period,leg,customer_no,merchant_no,account_no,currency,amount,due_date';
export const BUSINESS_DATE = '2026-11-20';

interface Fields {
  contract: string;
  period: string;
  leg: string;
  customer: string;
  merchant: string;
  account: string;
  currency: string;
  amount: string;
  due: string;
}

/** Each takes a good line and spoils it; the code is what the first check that fails says. */
const SPOILT: readonly (readonly [code: string, spoil: (fields: Fields) => Partial<Fields> | string | Buffer])[] = [
  ['FIELD_COUNT', (f) => lineOf(f).split(',').slice(0, 8).join(',')],
  ['FIELD_COUNT', (f) => `${lineOf(f)},`],
  ['FIELD_COUNT', () => ' '],
  ['FIELD_COUNT', () => 'TRAILER,7'],
  ['FIELD_COUNT', (f) => `"${lineOf(f)}`],
  ['FIELD_COUNT', (f) => lineOf({ ...f, customer: '"U1"2' })],
  ['FIELD_COUNT', (f) => lineOf({ ...f, due: '"2026-11-20' })],
  ['FIELD_COUNT', () => 'x'.repeat(150_000)],
  ['FIELD_COUNT', () => `"${'y,'.repeat(50_000)}`],
  ['FIELD_EMPTY', () => ',,,,,,,,'],
  ['FIELD_EMPTY', () => ({ contract: '' })],
  ['FIELD_EMPTY', () => ({ period: '' })],
  ['FIELD_EMPTY', () => ({ customer: '""' })],
  ['FIELD_EMPTY', () => ({ amount: '', due: 'x' })],
  ['FIELD_EMPTY', () => ({ due: '', contract: '!'.repeat(40) })],
  ['FIELD_TOO_LONG', () => ({ customer: 'U'.repeat(33), period: '0' })],
  ['FIELD_TOO_LONG', (f) => ({ contract: f.contract.padEnd(33, 'x') })],
  ['FIELD_TOO_LONG', () => ({ merchant: '😀'.repeat(33) })],
  ['FIELD_TOO_LONG', () => ({ account: '6'.repeat(70_000), leg: 'x' })],
  ['FIELD_INVALID', () => ({ merchant: '😀'.repeat(32) })],
  ['FIELD_INVALID', (f) => ({ contract: `${f.contract} ` })],
  ['FIELD_INVALID', () => ({ account: '6217.0000', amount: '-1' })],
  ['FIELD_INVALID', () => ({ customer: '"U""1"' })],
  ['FIELD_INVALID', () => ({ customer: 'U"1' })],
  ['FIELD_INVALID', () => ({ customer: 'Ｕ１' })],
  ['FIELD_INVALID', () => ({ customer: 'U\r1' })],
  ['FIELD_INVALID', () => ({ customer: 'U\u0000' })],
  ['FIELD_INVALID', (f) => Buffer.from(lineOf({ ...f, customer: 'U\u00ff' }), 'latin1')],
  ...['0', '601', '01', '+1', '-1', '1.0', '1e1', ' 1', '１', '99999999999999999999'].map(
    (period) => ['PERIOD_INVALID', () => ({ period, leg: 'x' })] as const,
  ),
  ...['premium', 'PREMIUM ', 'INTEREST', 'P'].map((leg) => ['LEG_UNKNOWN', () => ({ leg, currency: 'x' })] as const),
  ...['cny', 'EUR', 'CN', 'CNY '].map((currency) => ['CURRENCY_UNKNOWN', () => ({ currency, amount: 'x' })] as const),
  ...['0', '0.00', '1.', '.5', '.', '1.001', '-1.00', '+1.00', '1e3', '0x10', '"1,000.00"', ' 1.00', '1.0.0', '٣'].map(
    (amount) => ['AMOUNT_INVALID', () => ({ currency: 'CNY', amount, due: 'x' })] as const,
  ),
  ['AMOUNT_INVALID', () => ({ currency: 'CNY', amount: '1000000000.00' })],
  ['AMOUNT_INVALID', () => ({ currency: 'CNY', amount: '9'.repeat(400) })],
  ['AMOUNT_INVALID', () => ({ currency: 'JPY', amount: '100000000000' })],
  ['AMOUNT_INVALID', () => ({ currency: 'JPY', amount: '1.0' })],
  ['AMOUNT_INVALID', () => ({ currency: 'KWD', amount: '100000000.000' })],
  ['AMOUNT_INVALID', () => ({ currency: 'KWD', amount: '1.0000' })],
  ...['2026-02-30', '2025-02-29', '2026-13-01', '2026-11-31', '2026-1-1', '20261120', '2026/11/20', '2026-11-20 '].map(
    (due) => ['DATE_INVALID', () => ({ due })] as const,
  ),
  ['DATE_INVALID', () => ({ due: '2026-11-20\r' })],
];

/** Amounts that are right, each with its minor units. */
const AMOUNTS: readonly (readonly [currency: string, amount: string, minor: number])[] = [
  ['CNY', '0.01', 1],
  ['CNY', '999999999.99', 99_999_999_999],
  ['CNY', '007.5', 750],
  ['CNY', '12', 1_200],
  ['USD', '0000000000000000000000000000000000000001.10', 110],
  ['USD', '999999999.99', 99_999_999_999],
  ['JPY', '1', 1],
  ['JPY', '99999999999', 99_999_999_999],
  ['KWD', '0.001', 1],
  ['KWD', '99999999.999', 99_999_999_999],
  ['KWD', '3.1', 3_100],
];

export interface DirtyFileOptions {
  readonly contracts: number;
  /** A line of every so many contracts is spoilt in the next way. */
  readonly spoilEvery: number;
  readonly bom?: boolean;
  /** 'premium': it is always the premium that is spoilt. */
  readonly spoil?: 'either' | 'premium';
}

export function makeDirtyFile({ contracts, spoilEvery, bom, spoil = 'either' }: DirtyFileOptions): MadeFile {
  const parts: Buffer[] = [Buffer.from(`${bom ? '\uFEFF' : ''}${PLAN_FILE_HEADER}\r\n`)];
  const plans: MadePlan[] = [];
  const rejects: Buffer[] = [Buffer.from('line,code,raw\n')];
  const rejectCounts: Record<string, number> = {};
  const blocking = new Set<string>();
  let [line, dataLines, spoilt] = [1, 0, 0];
  const add = (content: string | Buffer, code: string | null): void => {
    line += 1;
    dataLines += 1;
    const bytes = Buffer.from(content as string);
    // A line that ends in a CR of its own loses that one to the line end.
    const end = line % 5 === 0 || bytes.at(-1) === 13 ? '\r\n' : '\n';
    if (code !== null) {
      rejects.push(Buffer.from(`${line},${code},`), quoted(bytes), Buffer.from('\n'));
      rejectCounts[code] = (rejectCounts[code] ?? 0) + 1;
    }
    parts.push(bytes, Buffer.from(end));
    if (line % 97 !== 0) return;
    line += 1;
    parts.push(Buffer.from(line % 2 === 0 ? '\n' : '\r\n'));
  };
  for (let n = 1; n <= contracts; n++) {
    for (const leg of ['PREMIUM', 'PRINCIPAL'] as const) {
      const [currency, amount, minor] = AMOUNTS[(n * 2 + leg.length) % AMOUNTS.length] ?? ['CNY', '1', 100];
      const isDue = n % 53 !== 0;
      const period = (n % 600) + 1;
      const isSpoilt = n % spoilEvery === 0 && leg === (spoil === 'premium' || n % 2 === 0 ? 'PREMIUM' : 'PRINCIPAL');
      const fields: Fields = {
        contract: n % 11 === 0 && !isSpoilt ? `"D-${n}_x"` : `D-${n}_x`,
        period: String(period),
        leg,
        customer: 'U-1',
        merchant: 'M'.repeat((n % 32) + 1),
        account: `62${n}`,
        currency,
        amount,
        due: isDue ? (n % 3 === 0 ? '2024-02-29' : BUSINESS_DATE) : '2026-11-21',
      };
      const [code, change] = SPOILT[isSpoilt ? spoilt++ % SPOILT.length : 0] ?? ['', () => ''];
      if (isSpoilt) {
        const to = change({ ...fields });
        const isWhole = typeof to === 'string' || Buffer.isBuffer(to);
        add(isWhole ? to : lineOf({ ...fields, ...to }), code);
        const hasNine = code !== 'FIELD_COUNT' && !(typeof to === 'string');
        const changed = isWhole ? {} : to;
        const keyKept = changed.contract === undefined && changed.period === undefined && changed.leg === undefined;
        if (leg === 'PREMIUM' && hasNine && keyKept) blocking.add(`D-${n}_x.${period}`);
        continue;
      }
      add(lineOf(fields), null);
      plans.push({ contract: `D-${n}_x`, period, leg, currency, minor, isDue });
      if (n % 41 === 0)
        add(lineOf({ ...fields, amount: currency === 'JPY' ? '7' : '7.1', customer: 'U-2' }), 'DUPLICATE');
      if (n % 43 === 0) add(lineOf({ ...fields, contract: `"D-${n}_x"` }), 'DUPLICATE');
    }
  }
  parts.push(Buffer.from(`TRAILER,${dataLines}\r\n\n\n`));
  return { bytes: Buffer.concat(parts), dataLines, plans, rejects: Buffer.concat(rejects), rejectCounts, blocking };
}

const lineOf = (f: Fields): string =>
  [f.contract, f.period, f.leg, f.customer, f.merchant, f.account, f.currency, f.amount, f.due].join(',');

/** As RFC 4180 has it, on bytes: they need not be UTF-8. */
function quoted(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  return /[",\r\n]/.test(text) ? Buffer.from(`"${text.replaceAll('"', '""')}"`, 'latin1') : bytes;
}
