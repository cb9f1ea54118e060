/**
 * A second reading of the plan file's rules, written for clarity alone and sharing nothing with the importer: whole
 * file in memory, one pass, a set for duplicates. The importer has to agree with it on any input.
 */
export interface ReferenceResult {
  readonly refused: 'HEADER' | 'TRAILER_MISSING' | 'TRAILER_COUNT' | null;
  readonly dataLines: number;
  /** `contract/period/leg/customer/merchant/account/currency/minor/date@line` */
  readonly accepted: readonly string[];
  /** `line,code,latin1 of the raw bytes` */
  readonly rejected: readonly string[];
}

const HEADER = 'contract_no,period,leg,customer_no,merchant_no,account_no,currency,amount,due_date';

export function readPlanFileSlowly(file: Buffer): ReferenceResult {
  const lines = cut(file);
  const refuse = (refused: ReferenceResult['refused'], dataLines: number): ReferenceResult => ({
    refused,
    dataLines,
    accepted: [],
    rejected: [],
  });
  if (lines[0]?.toString('utf8') !== HEADER) return refuse('HEADER', 0);
  const numbered = lines.map((bytes, i) => ({ bytes, lineNo: i + 1 })).filter(({ bytes }) => bytes.length > 0);
  const trailer = numbered.length > 1 ? numbered.at(-1)?.bytes.toString('utf8') : undefined;
  if (trailer === undefined || !/^TRAILER,(0|[1-9]\d*)$/.test(trailer)) {
    return refuse('TRAILER_MISSING', numbered.length - 1);
  }
  const data = numbered.slice(1, -1);
  if (trailer !== `TRAILER,${data.length}`) return refuse('TRAILER_COUNT', data.length);

  const accepted: string[] = [];
  const rejected: string[] = [];
  const keys = new Set<string>();
  for (const { bytes, lineNo } of data) {
    const fields = fieldsOf(bytes.toString('utf8'));
    let code = fields === null ? 'FIELD_COUNT' : codeOf(fields);
    if (code === null && fields !== null) {
      const key = fields.slice(0, 3).join('/');
      if (keys.has(key)) code = 'DUPLICATE';
      else {
        keys.add(key);
        const minor = minorOf(fields[6] as string, fields[7] as string);
        accepted.push(`${[...fields.slice(0, 7), minor, fields[8]].join('/')}@${lineNo}`);
      }
    }
    if (code !== null) rejected.push(`${lineNo},${code},${bytes.toString('latin1')}`);
  }
  return { refused: null, dataLines: data.length, accepted: accepted.sort(), rejected };
}

function cut(file: Buffer): Buffer[] {
  let rest = file[0] === 0xef && file[1] === 0xbb && file[2] === 0xbf ? file.subarray(3) : file;
  const lines: Buffer[] = [];
  while (rest.length > 0) {
    const lf = rest.indexOf(10);
    if (lf < 0) {
      lines.push(rest);
      break;
    }
    lines.push(rest.subarray(0, lf > 0 && rest[lf - 1] === 13 ? lf - 1 : lf));
    rest = rest.subarray(lf + 1);
  }
  return lines;
}

function fieldsOf(line: string): string[] | null {
  const fields: string[] = [];
  let rest = line;
  while (true) {
    if (rest.startsWith('"')) {
      const quoted = /^"((?:[^"]|"")*)"(,|$)/s.exec(rest);
      if (quoted === null) return null;
      fields.push((quoted[1] as string).replaceAll('""', '"'));
      if (quoted[2] === '') return fields;
      rest = rest.slice(quoted[0].length);
    } else {
      const comma = rest.indexOf(',');
      if (comma < 0) return [...fields, rest];
      fields.push(rest.slice(0, comma));
      rest = rest.slice(comma + 1);
    }
  }
}

const DECIMALS: Record<string, number> = { CNY: 2, USD: 2, JPY: 0, KWD: 3 };

function codeOf(fields: readonly string[]): string | null {
  if (fields.length !== 9) return 'FIELD_COUNT';
  if (fields.includes('')) return 'FIELD_EMPTY';
  const numbers = [fields[0], fields[3], fields[4], fields[5]] as string[];
  if (numbers.some((f) => [...f].length > 32)) return 'FIELD_TOO_LONG';
  if (numbers.some((f) => [...f].some((c) => !/[A-Za-z0-9_-]/.test(c)))) return 'FIELD_INVALID';
  const period = fields[1] as string;
  if (!/^[1-9][0-9]*$/.test(period) || BigInt(period) > 600n) return 'PERIOD_INVALID';
  if (!['PREMIUM', 'PRINCIPAL'].includes(fields[2] as string)) return 'LEG_UNKNOWN';
  if (!Object.keys(DECIMALS).includes(fields[6] as string)) return 'CURRENCY_UNKNOWN';
  const minor = minorOf(fields[6] as string, fields[7] as string);
  if (minor === null || minor < 1n || minor > 99_999_999_999n) return 'AMOUNT_INVALID';
  return isDay(fields[8] as string) ? null : 'DATE_INVALID';
}

function minorOf(currency: string, amount: string): bigint | null {
  const decimals = DECIMALS[currency] ?? 0;
  const parts = amount.split('.');
  if (parts.length > 2 || parts.some((part) => !/^[0-9]+$/.test(part))) return null;
  const fraction = parts[1] ?? '';
  if (fraction.length > decimals) return null;
  return BigInt(parts[0] as string) * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, '0') || '0');
}

function isDay(text: string): boolean {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (match === null || match[1] === '0000') return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
