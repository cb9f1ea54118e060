import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';
import fc from 'fast-check';
import { createTask, validate } from 'node-cron';
import { describe, expect, test } from 'vitest';
import { isoInstant } from '../../../../shared/business-date.ts';
import { matches, nextInstants, parseCron, transitionsBetween } from '../../../../shared/cron/cron.ts';
import type { CronExpression } from '../../../../shared/cron/cron-expression.ts';
import { CRON_SEED, quartzDays, quartzText, unixText, ZONES } from '../../../support/cron-arbitraries.ts';
import { spell } from '../../../support/cron-spelling.ts';

// Three libraries as witnesses. None of them is right in everything (docs/cron.md has the table), so where one differs
// the test says in which cases it may, and other tests hold our answer against counting.

const COUNT = 5;
const anyStart = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2090, 0, 1) });

/** Null where the library refuses the text. */
type Witness = (text: string, fromMs: number, zone: string) => number[] | null;

function orRefused(ask: () => number[]): number[] | null {
  try {
    return ask();
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

const cronerQuartz: Witness = (text, fromMs, timezone) =>
  orRefused(() => {
    const options = { alternativeWeekdays: true, sloppyRanges: true, mode: '6-or-7-parts', paused: true } as const;
    const cron = new Cron(text, { ...options, timezone });
    return cron.nextRuns(COUNT, new Date(fromMs)).map((date) => date.getTime());
  });

const cronerUnix: Witness = (text, fromMs, timezone) =>
  orRefused(() => {
    const cron = new Cron(text, { mode: '5-part', paused: true, timezone });
    return cron.nextRuns(COUNT, new Date(fromMs)).map((date) => date.getTime());
  });

const cronParser: Witness = (text, fromMs, tz) =>
  orRefused(() => {
    const cron = CronExpressionParser.parse(text, { currentDate: new Date(fromMs), tz });
    return Array.from({ length: COUNT }, () => cron.next().getTime());
  });

const shown = (instants: readonly number[]): string => instants.map((ms) => isoInstant(ms)).join(' ');

/** Counts where the witness agrees; hands over where it does not. */
function compare(ours: readonly number[], theirs: readonly number[] | null, disagree: () => void): number {
  if (theirs === null) return 0;
  if (shown(ours) === shown(theirs)) return 1;
  disagree();
  return 0;
}

/** croner loses days at the start of March when the list has a day that February lacks: ours are there, and earlier. */
function expectLostInMarch(expression: CronExpression, ours: readonly number[], theirs: readonly number[]): void {
  const at = ours.findIndex((ms, index) => ms !== theirs[index]);
  const [our, their] = [ours[at] as number, theirs[at] ?? Number.POSITIVE_INFINITY];
  expect(isoInstant(our).slice(5, 7)).toBe('03');
  expect(matches(expression, our, 'UTC')).toBe(true);
  expect(our).toBeLessThan(their);
}

describe('in UTC the same instants as', () => {
  test('croner for Quartz expressions, and for those spelled out that it refuses', () => {
    let agreed = 0;
    fc.assert(
      fc.property(quartzText, anyStart, (text, from) => {
        const expression = parseCron(text, { dialect: 'quartz' });
        const ours = nextInstants(expression, from, 'UTC', COUNT);
        const year = text.split(' ')[6];
        const spelled = `${spell(expression, { sunday: 1, noCondition: '?' })}${year === undefined ? '' : ` ${year}`}`;
        const theirs = cronerQuartz(text, from, 'UTC') ?? cronerQuartz(spelled, from, 'UTC');
        agreed += compare(ours, theirs, () => expectLostInMarch(expression, ours, theirs ?? []));
      }),
      { seed: CRON_SEED, numRuns: 300 },
    );
    expect(agreed).toBeGreaterThan(200);
  });

  test('cron-parser for Quartz expressions without W, L-n and years, spelled out', () => {
    let agreed = 0;
    fc.assert(
      fc.property(quartzText, anyStart, (text, from) => {
        const expression = parseCron(text.split(' ').slice(0, 6).join(' '), { dialect: 'quartz' });
        const ours = nextInstants(expression, from, 'UTC', COUNT);
        const theirs = cronParser(spell(expression, { sunday: 0, noCondition: '*' }), from, 'UTC');
        agreed += compare(ours, theirs, () => expect(shown(ours)).toBe(shown(theirs ?? [])));
      }),
      { seed: CRON_SEED, numRuns: 300 },
    );
    expect(agreed).toBeGreaterThan(140);
  });

  test.each<[string, Witness, number]>([
    ['croner', cronerUnix, 180],
    ['cron-parser', cronParser, 80],
  ])('%s for unix expressions, but for a star with a step beside another day field', (_, witness, least) => {
    let agreed = 0;
    fc.assert(
      fc.property(unixText, anyStart, (text, from) => {
        const [, , dates = '', , weekdays = ''] = text.split(' ');
        // Vixie cron counts these as stars and wants both fields, the libraries count them as restricted.
        const isVixieOnly = [dates, weekdays].some((field) => field.startsWith('*/'));
        if (isVixieOnly && dates !== '*' && weekdays !== '*') return;
        const expression = parseCron(text, { dialect: 'unix' });
        const ours = nextInstants(expression, from, 'UTC', COUNT);
        const theirs = witness(text, from, 'UTC');
        agreed += compare(ours, theirs, () => expectLostInMarch(expression, ours, theirs ?? []));
      }),
      { seed: CRON_SEED, numRuns: 300 },
    );
    expect(agreed).toBeGreaterThan(least);
  });

  test('node-cron, asked day by day for every form of a Quartz day', () => {
    let agreed = 0;
    fc.assert(
      fc.property(quartzDays, anyStart, ([dates, weekdays], from) => {
        const expression = parseCron(`0 0 0 ${dates} * ${weekdays}`, { dialect: 'quartz' });
        const spelled = spell(expression, { sunday: 0, noCondition: '*' });
        // It knows all of ours but L-nW.
        if (!validate(spelled)) {
          expect(spelled).toMatch(/L-\d+W/);
          return;
        }
        const task = createTask(spelled, () => undefined, { timezone: 'UTC' });
        const midnight = Math.floor(from / 86_400_000) * 86_400_000;
        for (let day = 0; day < 62; day++) {
          const at = midnight + day * 86_400_000;
          if (task.match(new Date(at)) !== matches(expression, at, 'UTC')) {
            throw new Error(`${spelled} on ${isoInstant(at)}: ours ${matches(expression, at, 'UTC')}`);
          }
          agreed++;
        }
      }),
      { seed: CRON_SEED, numRuns: 120 },
    );
    expect(agreed).toBeGreaterThan(3000);
  });
});

test('node-cron takes every unix expression that we take, but for days that no month has', () => {
  fc.assert(
    fc.property(unixText, (text) => {
      if (validate(text)) return;
      expect(nextInstants(parseCron(text, { dialect: 'unix' }), 0, 'UTC', 1)).toEqual([]);
    }),
    { seed: CRON_SEED, numRuns: 400 },
  );
});

describe('around clock changes the same instants as croner', () => {
  const changing = ZONES.map((zone) => ({
    zone,
    // A change by a whole day is left out: croner does not run what falls into a day that a zone left out.
    changes: transitionsBetween(zone, Date.UTC(2000, 0, 1), Date.UTC(2036, 0, 1)).filter(
      ({ offsetBeforeMs, offsetAfterMs }) => Math.abs(offsetAfterMs - offsetBeforeMs) < 86_400_000,
    ),
  })).filter(({ changes }) => changes.length > 0);

  test.each<[string, fc.Arbitrary<string>]>([
    ['a time of day', fc.tuple(fc.nat(59), fc.constantFrom(0, 1, 2, 3, 23)).map(([m, h]) => `0 ${m} ${h} * * ?`)],
    [
      'an interval',
      fc.constantFrom('0 0/15 * * * ?', '0 30 * * * ?', '0 0/7 * * * ?', '0 0 0/2 * * ?', '0 */20 1-3 * * ?'),
    ],
  ])('for %s', (_, texts) => {
    let agreed = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...changing),
        fc.nat(),
        fc.integer({ min: -180, max: 180 }),
        texts,
        (at, pick, minutes, text) => {
          const change = at.changes[pick % at.changes.length] as { atMs: number };
          const from = change.atMs + minutes * 60_000;
          const ours = nextInstants(parseCron(text, { dialect: 'quartz' }), from, at.zone, COUNT);
          const theirs = cronerQuartz(text, from, at.zone);
          agreed += compare(ours, theirs, () => {
            throw new Error(
              `${text} in ${at.zone} from ${isoInstant(from)}: ours ${shown(ours)}, theirs ${shown(theirs ?? [])}`,
            );
          });
        },
      ),
      { seed: CRON_SEED, numRuns: 200 },
    );
    expect(agreed).toBe(200);
  });
});
