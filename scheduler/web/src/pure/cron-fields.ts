/** A cron text taken apart into its fields for the editor, and put together again. What it means only the API says. */
export type Dialect = 'quartz' | 'unix';
export type FieldName = 'second' | 'minute' | 'hour' | 'day' | 'month' | 'weekday' | 'year';

export const FIELDS: Readonly<Record<Dialect, readonly FieldName[]>> = {
  quartz: ['second', 'minute', 'hour', 'day', 'month', 'weekday', 'year'],
  unix: ['minute', 'hour', 'day', 'month', 'weekday'],
};
export type CronFields = Readonly<Partial<Record<FieldName, string>>>;

const EMPTY: Readonly<Record<Dialect, CronFields>> = {
  quartz: { second: '0', minute: '0', hour: '*', day: '*', month: '*', weekday: '?', year: '' },
  unix: { minute: '0', hour: '*', day: '*', month: '*', weekday: '*' },
};

/** Null when the text has not as many parts as the dialect has fields, e.g. `@daily`: then it is edited as text only. */
export function splitCron(text: string, dialect: Dialect): CronFields | null {
  const parts = text.trim().split(/\s+/);
  const names = FIELDS[dialect];
  const least = dialect === 'quartz' ? 6 : 5;
  if (text.trim() === '') return EMPTY[dialect];
  if (parts.length < least || parts.length > names.length || text.trim().startsWith('@')) return null;
  return Object.fromEntries(names.map((name, index) => [name, parts[index] ?? '']));
}

export function joinCron(fields: CronFields, dialect: Dialect): string {
  return FIELDS[dialect]
    .map((name) => (fields[name] ?? '').replaceAll(/\s+/g, '') || (name === 'year' ? '' : '*'))
    .filter((part) => part !== '')
    .join(' ');
}

/** Quartz wants a `?` in one of the two day fields: choosing one frees the other. */
export function setField(fields: CronFields, dialect: Dialect, name: FieldName, value: string): CronFields {
  const next = { ...fields, [name]: value };
  if (dialect !== 'quartz' || value === '?') {
    if (dialect === 'quartz' && name === 'day' && next.weekday === '?') return { ...next, weekday: '*' };
    if (dialect === 'quartz' && name === 'weekday' && next.day === '?') return { ...next, day: '*' };
    return next;
  }
  if (name === 'weekday') return { ...next, day: '?' };
  if (name === 'day') return { ...next, weekday: '?' };
  return next;
}

/** Fills a change of dialect: seconds, year and `?` come or go. */
export function changeDialect(text: string, from: Dialect, to: Dialect): string {
  const fields = splitCron(text, from);
  if (from === to || fields === null) return text;
  if (to === 'unix') {
    const star = (value: string | undefined) => (value === '?' ? '*' : (value ?? '*'));
    // Quartz writes every fifth minute as 0/5, unix as */5.
    const step = (value: string | undefined) => value?.replace(/^0\//, '*/');
    const clock = { minute: step(fields.minute) ?? '*', hour: step(fields.hour) ?? '*' };
    return joinCron(
      { ...fields, ...clock, day: star(fields.day), weekday: shiftWeekdays(star(fields.weekday), -1) },
      'unix',
    );
  }
  const isByWeekday = (fields.weekday ?? '*') !== '*';
  const day = isByWeekday ? '?' : (fields.day ?? '*');
  const weekday = isByWeekday ? shiftWeekdays(fields.weekday ?? '*', 1) : '?';
  return joinCron({ ...fields, second: '0', year: '', day, weekday }, 'quartz');
}

/** Sunday is 1 in Quartz and 0 (or 7) in unix; numbers behind a stroke or a hash are no days. */
const shiftWeekdays = (text: string, by: 1 | -1): string =>
  text.replaceAll(/(?<![/#\d])\d+/g, (digits) => String(by === 1 ? (Number(digits) % 7) + 1 : Number(digits) - 1));

/** What the choices of a field are made of. */
export const rangeOf = (name: FieldName, dialect: Dialect): readonly [number, number] =>
  name === 'weekday' && dialect === 'unix' ? [0, 6] : RANGES[name];
const RANGES: Readonly<Record<FieldName, readonly [number, number]>> = {
  second: [0, 59],
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  month: [1, 12],
  weekday: [1, 7],
  year: [1970, 2199],
};

/** The single values that a list such as `1,5,9` names; null when it is more than a list. */
export function listedValues(value: string): number[] | null {
  return /^\d+(,\d+)*$/.test(value) ? value.split(',').map(Number) : null;
}

/** Adds a value to the list, or takes it out; the last one leaves `*`. */
export function toggleValue(value: string, one: number): string {
  const listed = listedValues(value) ?? [];
  const next = listed.includes(one) ? listed.filter((other) => other !== one) : [...listed, one];
  return next.length === 0 ? '*' : [...next].sort((a, b) => a - b).join(',');
}
