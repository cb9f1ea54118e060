/** The dates of a calendar that differ from its weekly pattern, and what they are called. */
export interface OwnDays {
  readonly datesOut?: readonly string[];
  readonly datesIn?: readonly string[];
  readonly names?: Readonly<Record<string, string>>;
}
export type DayList = 'datesOut' | 'datesIn';

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONDAY_TO_FRIDAY: readonly string[] = WEEKDAYS.slice(1, 6);

/** Whether the day counts, as the calendar is now: what is not saved yet is shown as well. */
export function isDayIn(calendar: OwnDays & { readonly weekly?: readonly string[] }, date: string): boolean {
  if (hasDay(calendar, 'datesIn', date)) return true;
  const weekday = WEEKDAYS[new Date(`${date}T00:00:00Z`).getUTCDay()] ?? '';
  return !hasDay(calendar, 'datesOut', date) && (calendar.weekly ?? MONDAY_TO_FRIDAY).includes(weekday);
}

/** A day in each line, with its name behind it: `2026-10-01 National Day`. */
export const writeDays = ({ names = {}, ...lists }: OwnDays, list: DayList): string =>
  (lists[list] ?? []).map((date) => `${date} ${names[date] ?? ''}`.trim()).join('\n');

/** The calendar with these days in that list. A line may have many dates instead of one with a name, as they are pasted. */
export function readDays<T extends OwnDays>(calendar: T, list: DayList, text: string): T {
  const days = text.split('\n').flatMap(daysOfLine);
  const names = Object.fromEntries(
    Object.entries(calendar.names ?? {}).filter(([date]) => !hasDay(calendar, list, date)),
  );
  for (const { date, name } of days) if (name !== '') names[date] = name;
  return withNames({ ...calendar, [list]: days.map(({ date }) => date) }, names);
}

/** A date that differs from the pattern goes back to it, name and all; another one is turned round. */
export function turnDay<T extends OwnDays>(calendar: T, date: string, isIn: boolean): T {
  for (const list of ['datesOut', 'datesIn'] as const) {
    if (!hasDay(calendar, list, date)) continue;
    const { [date]: _, ...names } = calendar.names ?? {};
    return withNames({ ...calendar, [list]: calendar[list]?.filter((one) => one !== date) }, names);
  }
  const list = isIn ? 'datesOut' : 'datesIn';
  return { ...calendar, [list]: [...(calendar[list] ?? []), date].sort() };
}

const hasDay = (calendar: OwnDays, list: DayList, date: string): boolean => calendar[list]?.includes(date) === true;

function daysOfLine(line: string): { readonly date: string; readonly name: string }[] {
  const words = line.split(/[\s,;]+/).filter((word) => word !== '');
  if (words.every((word) => /^\d/.test(word))) return words.map((date) => ({ date, name: '' }));
  const [date = ''] = words;
  return [
    {
      date,
      name: line
        .slice(line.indexOf(date) + date.length)
        .replace(/^[\s,;]+/, '')
        .trim(),
    },
  ];
}

function withNames<T extends OwnDays>(calendar: T, names: Readonly<Record<string, string>>): T {
  const { names: _, ...rest } = calendar;
  return (Object.keys(names).length === 0 ? rest : { ...rest, names }) as T;
}
