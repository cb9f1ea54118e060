import fc from 'fast-check';
import { parseCron } from '../../shared/cron/cron.ts';
import type { CronExpression } from '../../shared/cron/cron-expression.ts';
import { valuesOf } from '../../shared/cron/cron-part.ts';
import { dayRulesOf, daysOf } from '../../shared/cron/days-of-month.ts';

/** One seed for all properties of the cron core; a failure prints it with the path to the counterexample. */
export const CRON_SEED = 20261120;

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

interface FieldRules {
  readonly min: number;
  readonly max: number;
  readonly stepMax: number;
  readonly names?: readonly string[];
  readonly wraps: boolean;
  /** Whether `5/10` is allowed. */
  readonly openSteps: boolean;
}

/** Any plain field of a dialect. Stars weigh most, because every restriction thins the instants out. */
function plainField({ min, max, stepMax, names, wraps, openSteps }: FieldRules): fc.Arbitrary<string> {
  const number = fc.integer({ min, max });
  const value = names
    ? fc.oneof(number.map(String), fc.constantFrom(...names))
    : fc.oneof(
        { weight: 4, arbitrary: number.map(String) },
        number.map((n) => String(n).padStart(2, '0')),
      );
  const step = fc.integer({ min: 1, max: stepMax });
  const range = fc.tuple(number, number).map(([a, b]) => (wraps || a <= b ? `${a}-${b}` : `${b}-${a}`));
  const stepped = fc.oneof(
    step.map((n) => `*/${n}`),
    fc.tuple(range, step).map(([r, n]) => `${r}/${n}`),
    ...(openSteps ? [fc.tuple(number, step).map(([from, n]) => `${from}/${n}`)] : []),
  );
  const part = fc.oneof({ weight: 4, arbitrary: value }, range, stepped);
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant('*') },
    { weight: 4, arbitrary: part },
    { weight: 2, arbitrary: fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join(',')) },
  );
}

const time = (max: number, dialect: 'quartz' | 'unix'): FieldRules => ({
  min: 0,
  max,
  stepMax: max,
  wraps: dialect === 'quartz',
  openSteps: dialect === 'quartz',
});

const quartz = { wraps: true, openSteps: true };
const unix = { wraps: false, openSteps: false };

const quartzDates = fc.oneof(
  { weight: 3, arbitrary: plainField({ min: 1, max: 31, stepMax: 31, ...quartz }) },
  {
    weight: 3,
    arbitrary: fc
      .array(
        fc.oneof(
          fc.integer({ min: 1, max: 31 }).map(String),
          fc.constantFrom('L', 'LW', '1W', '15W', '30W', '31W'),
          fc.integer({ min: 0, max: 30 }).map((n) => `L-${n}`),
          fc.integer({ min: 0, max: 30 }).map((n) => `L-${n}W`),
        ),
        { minLength: 1, maxLength: 3 },
      )
      .map((parts) => parts.join(',')),
  },
);
const quartzWeekday = fc.oneof(fc.integer({ min: 1, max: 7 }).map(String), fc.constantFrom(...WEEKDAYS));
const quartzWeekdays = fc.oneof(
  { weight: 3, arbitrary: plainField({ min: 1, max: 7, stepMax: 7, names: WEEKDAYS, ...quartz }) },
  fc.constant('L'),
  quartzWeekday.map((day) => `${day}L`),
  fc.tuple(quartzWeekday, fc.integer({ min: 1, max: 5 })).map(([day, nth]) => `${day}#${nth}`),
);
/** Both day fields of the Quartz dialect. */
export const quartzDays = fc.oneof(
  quartzDates.map((dates) => [dates, '?'] as const),
  quartzWeekdays.map((weekdays) => ['?', weekdays] as const),
);
const quartzYears = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  fc.integer({ min: 1970, max: 2199 }).map((year) => ` ${year}`),
  fc.tuple(fc.integer({ min: 1970, max: 2100 }), fc.integer({ min: 0, max: 99 })).map(([y, n]) => ` ${y}-${y + n}`),
  fc.tuple(fc.integer({ min: 1970, max: 2100 }), fc.integer({ min: 1, max: 50 })).map(([y, n]) => ` ${y}/${n}`),
);

/** Every construct of the Quartz dialect. */
export const quartzText: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom('0', '30') }, plainField(time(59, 'quartz'))),
    plainField(time(59, 'quartz')),
    plainField(time(23, 'quartz')),
    quartzDays,
    plainField({ min: 1, max: 12, stepMax: 12, names: MONTHS, ...quartz }),
    quartzYears,
  )
  .map(([s, m, h, [dom, dow], month, year]) => `${s} ${m} ${h} ${dom} ${month} ${dow}${year}`);

/** Any time of day on any day: what fires often enough to be counted by the second. */
export const dailyText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('0', '0', '30', '*/20', '*'),
    plainField(time(59, 'quartz')),
    fc.oneof(plainField(time(23, 'quartz')), fc.constantFrom('0-4', '0,1,2,3', '1,2', '0', '23-3')),
  )
  .map(([second, minute, hour]) => `${second} ${minute} ${hour} * * ?`);

/** Zones with and without clock changes: both hemispheres, half hours, at midnight, over the date line, with seconds. */
export const ZONES = [
  'UTC',
  'Asia/Shanghai',
  'Asia/Kolkata',
  'America/New_York',
  'Europe/Berlin',
  'Europe/London',
  'Europe/Dublin',
  'Australia/Lord_Howe',
  'Australia/Sydney',
  'America/Sao_Paulo',
  'America/St_Johns',
  'America/Havana',
  'America/Santiago',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Africa/Monrovia',
  'Asia/Beirut',
  'Asia/Gaza',
  'Asia/Kathmandu',
  'Asia/Tehran',
  'Antarctica/Troll',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Kwajalein',
  'Pacific/Kiritimati',
] as const;

/** Every construct of the unix dialect. */
export const unixText: fc.Arbitrary<string> = fc
  .tuple(
    plainField(time(59, 'unix')),
    plainField(time(23, 'unix')),
    plainField({ min: 1, max: 31, stepMax: 31, ...unix }),
    plainField({ min: 1, max: 12, stepMax: 12, names: MONTHS, ...unix }),
    plainField({ min: 0, max: 7, stepMax: 7, names: WEEKDAYS, ...unix }),
  )
  .map((fields) => fields.join(' '));

export const anyExpression: fc.Arbitrary<CronExpression> = fc.oneof(
  quartzText.map((text) => parseCron(text, { dialect: 'quartz' })),
  unixText.map((text) => parseCron(text, { dialect: 'unix' })),
);

/** Which dates and times it allows, however it is written: equal keys mean the same wall times. */
export function meaningOf(expression: CronExpression): string {
  const rules = dayRulesOf(expression);
  // Months differ in length and first weekday only; 28 years have them all.
  const days = Array.from({ length: 28 * 12 }, (_, index) =>
    daysOf(rules, 2000 + Math.floor(index / 12), 1 + (index % 12)),
  );
  const years = valuesOf('year', expression.years);
  return JSON.stringify({
    seconds: valuesOf('second', expression.seconds),
    minutes: valuesOf('minute', expression.minutes),
    hours: valuesOf('hour', expression.hours),
    days: new Set(days).size === 4 && days.every((bits) => (bits & (bits + 1)) === 0) ? 'every' : days,
    months: valuesOf('month', expression.months),
    years: years.length === 230 ? 'every' : years,
  });
}
