import type { CronDialect, CronExpression } from './cron-expression.ts';
import { type CronFieldName, type CronPart, valuesOf } from './cron-part.ts';
import { CronSource, type Piece } from './cron-source.ts';
import { parseField } from './parse-field.ts';

const QUARTZ_FIELDS: readonly CronFieldName[] = [
  'second',
  'minute',
  'hour',
  'day-of-month',
  'month',
  'day-of-week',
  'year',
];
const UNIX_FIELDS: readonly CronFieldName[] = ['minute', 'hour', 'day-of-month', 'month', 'day-of-week'];

/** The nicknames of unix. */
const NICKNAMES: Readonly<Record<string, string>> = {
  '@YEARLY': '0 0 1 1 *',
  '@ANNUALLY': '0 0 1 1 *',
  '@MONTHLY': '0 0 1 * *',
  '@WEEKLY': '0 0 * * 0',
  '@DAILY': '0 0 * * *',
  '@MIDNIGHT': '0 0 * * *',
  '@HOURLY': '0 * * * *',
};

const EVERY: readonly CronPart[] = [{ kind: 'every' }];
const ZERO: readonly CronPart[] = [{ kind: 'value', value: 0 }];

/** @throws DaybreakError CRON_INVALID, see `parseCron`. */
export function parseExpression(text: string, dialect: CronDialect): CronExpression {
  const source = new CronSource(text);
  const words = source.words();
  const first = words[0];
  if (first === undefined) {
    throw source.refusal(
      'expression',
      1,
      `it is empty; write ${dialect === 'quartz' ? '0 30 2 * * ?' : '30 2 * * *'} for 02:30 every day`,
    );
  }
  if (first.text.startsWith('@')) return parseNickname(source, dialect, words);
  return freeze(dialect === 'quartz' ? parseQuartz(source, words) : parseUnix(source, words));
}

function parseQuartz(source: CronSource, words: readonly Piece[]): CronExpression {
  checkQuartzCount(source, words);
  const parts = (field: CronFieldName): readonly CronPart[] | null => {
    const word = words[QUARTZ_FIELDS.indexOf(field)];
    if (word === undefined) return EVERY;
    if (word.text === '?' && (field === 'day-of-month' || field === 'day-of-week')) return null;
    return parseField({ source, dialect: 'quartz', field }, word);
  };
  const required = (field: CronFieldName): readonly CronPart[] => parts(field) ?? EVERY;
  const times = { seconds: required('second'), minutes: required('minute'), hours: required('hour') };
  const [daysOfMonth, months, daysOfWeek] = [parts('day-of-month'), required('month'), parts('day-of-week')];
  checkDayFields(source, words[3] as Piece, words[5] as Piece);
  return {
    dialect: 'quartz',
    text: words.map(({ text }) => text).join(' '),
    ...times,
    daysOfMonth,
    months,
    daysOfWeek,
    years: required('year'),
    dayFields: 'both',
    hasFixedTime: namesTimes(times.hours, times.minutes),
  };
}

function checkQuartzCount(source: CronSource, words: readonly Piece[]): void {
  if (words.length === 6 || words.length === 7) return;
  const surplus = words[7];
  if (surplus !== undefined) {
    throw source.refusal(
      'expression',
      surplus.column,
      `"${surplus.text}" is one field too many; Quartz has 6, or 7 with the year`,
    );
  }
  const end = source.given.trimEnd().length + 1;
  if (words.length !== 5)
    throw source.refusal(
      'expression',
      end,
      `${words.length} of 6 fields; Quartz needs second, minute, hour, day-of-month, month and day-of-week`,
    );
  const [minute, hour, dayOfMonth, month, dayOfWeek] = words.map(({ text }) => text) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const days = dayOfWeek === '*' ? [dayOfMonth, month, '?'] : [dayOfMonth === '*' ? '?' : dayOfMonth, month, dayOfWeek];
  const example = ['0', minute, hour, ...days].join(' ');
  throw source.refusal(
    'expression',
    end,
    `this looks like a unix expression (5 fields): choose dialect 'unix', or put the second in front, as in "${example}"${
      /\d/.test(dayOfWeek) ? ', and count weekdays from 1 = SUN' : ''
    }`,
  );
}

// Quartz has no meaning for two conditions on the day, so it demands a "?" that says which field has none.
function checkDayFields(source: CronSource, dayOfMonth: Piece, dayOfWeek: Piece): void {
  const [inMonth, inWeek] = [dayOfMonth.text, dayOfWeek.text];
  if ((inMonth === '?') !== (inWeek === '?')) return;
  if (inMonth === '?') {
    throw source.refusal(
      'day-of-month',
      dayOfMonth.column,
      '"?" in both day fields; write "*" in one of them for every day',
    );
  }
  const wayOut =
    inWeek === '*'
      ? 'write "?" as day-of-week'
      : inMonth === '*'
        ? 'write "?" as day-of-month'
        : 'write "?" in one of them, and make two schedules when either day is meant';
  throw source.refusal(
    'day-of-week',
    dayOfWeek.column,
    `Quartz takes one day field only, the other must be "?"; ${wayOut}`,
  );
}

function parseUnix(source: CronSource, words: readonly Piece[]): CronExpression {
  checkUnixCount(source, words);
  const parts = (field: CronFieldName): readonly CronPart[] =>
    parseField({ source, dialect: 'unix', field }, words[UNIX_FIELDS.indexOf(field)] as Piece);
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = UNIX_FIELDS.map(parts) as [
    readonly CronPart[],
    readonly CronPart[],
    readonly CronPart[],
    readonly CronPart[],
    readonly CronPart[],
  ];
  // Vixie cron looks at the first character only: "*/2" is a star, "1-31" is not.
  const hasStar = words[2]?.text.startsWith('*') || words[4]?.text.startsWith('*');
  return {
    dialect: 'unix',
    text: words.map(({ text }) => text).join(' '),
    seconds: ZERO,
    minutes,
    hours,
    daysOfMonth,
    months,
    daysOfWeek,
    years: EVERY,
    dayFields: hasStar ? 'both' : 'either',
    hasFixedTime: namesTimes(hours, minutes),
  };
}

function checkUnixCount(source: CronSource, words: readonly Piece[]): void {
  if (words.length === 5) return;
  const surplus = words[5];
  if (surplus === undefined) {
    const end = source.given.trimEnd().length + 1;
    throw source.refusal(
      'expression',
      end,
      `${words.length} of 5 fields; unix needs minute, hour, day-of-month, month and day-of-week`,
    );
  }
  const wayOut =
    words.length <= 7
      ? `this looks like a Quartz expression (${words.length} fields): choose dialect 'quartz', or leave the second${words.length === 7 ? ' and the year' : ''} out`
      : `"${surplus.text}" is one field too many; unix has 5`;
  throw source.refusal('expression', surplus.column, wayOut);
}

function parseNickname(source: CronSource, dialect: CronDialect, words: readonly Piece[]): CronExpression {
  const [nickname, surplus] = words as [Piece, Piece?];
  const known = Object.keys(NICKNAMES).join(', ').toLowerCase();
  const refusal = (problem: string): Error =>
    source.refusal('expression', nickname.column, `${nickname.text.toLowerCase()} ${problem}`);
  if (dialect === 'quartz') throw refusal("is a nickname of unix; choose dialect 'unix'");
  const meaning = Object.hasOwn(NICKNAMES, nickname.text) ? NICKNAMES[nickname.text] : undefined;
  if (meaning === undefined) throw refusal(`names no instants of a calendar; there are ${known}`);
  if (surplus !== undefined)
    throw source.refusal('expression', surplus.column, `nothing follows a nickname; leave out "${surplus.text}"`);
  const spelled = new CronSource(meaning);
  return freeze(parseUnix(spelled, spelled.words()));
}

/**
 * Whether hour and minute are lists of times of day and nothing else. Like Vixie cron's, an interval has a star there,
 * alone or with a step; Quartz writes such a step as `0/15` too, and a range over the whole field is a star.
 */
function namesTimes(hours: readonly CronPart[], minutes: readonly CronPart[]): boolean {
  const isOpen = (field: CronFieldName) => (part: CronPart) =>
    part.kind === 'every' || (part.kind === 'after' && valuesOf(field, [part]).length > 1);
  return !hours.some(isOpen('hour')) && !minutes.some(isOpen('minute'));
}

function freeze(expression: CronExpression): CronExpression {
  for (const parts of Object.values(expression)) {
    if (Array.isArray(parts)) for (const part of [...parts, parts]) Object.freeze(part);
  }
  return Object.freeze(expression);
}
