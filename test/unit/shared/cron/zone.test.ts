import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { localDate, localTime } from '../../../../shared/business-date.ts';
import { matches, nextAfter, parseCron, transitionsBetween } from '../../../../shared/cron/cron.ts';
import { offsetAt, zoneOf } from '../../../../shared/cron/zone.ts';
import { CRON_SEED, ZONES } from '../../../support/cron-arbitraries.ts';

const everyZone = Intl.supportedValuesOf('timeZone');

/** Straight from Intl, by another way than the cache takes. */
const askedOffset = (atMs: number, zone: string): number =>
  Date.parse(`${localDate(atMs, zone)}T${localTime(atMs, zone)}Z`) - Math.floor(atMs / 1000) * 1000;

test('offsets are those of Intl, in every zone at any time', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...everyZone),
      fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2199, 11, 31) }),
      (zone, at) => {
        expect(offsetAt(zoneOf(zone), at)).toBe(askedOffset(at, zone));
      },
    ),
    { seed: CRON_SEED, numRuns: 1000 },
  );
});

test('a change begins with the very second that is listed', () => {
  for (const zone of ZONES) {
    const changes = transitionsBetween(zone, Date.UTC(1970, 0, 1), Date.UTC(2030, 0, 1));
    for (const { atMs, offsetBeforeMs, offsetAfterMs } of changes.filter((_, index) => index % 10 === 0)) {
      expect([askedOffset(atMs - 1, zone), askedOffset(atMs, zone)]).toEqual([offsetBeforeMs, offsetAfterMs]);
      expect(offsetAfterMs).not.toBe(offsetBeforeMs);
    }
  }
});

test('two changes within seven days are both found', () => {
  const changes = transitionsBetween('America/Recife', Date.UTC(2000, 8, 1), Date.UTC(2000, 11, 1));
  expect(changes.map(({ atMs }) => new Date(atMs).toISOString())).toEqual([
    '2000-10-08T03:00:00.000Z',
    '2000-10-15T02:00:00.000Z',
  ]);
});

test('asked for any time at all, a zone keeps the blocks of 1969 to 2200 and no more', () => {
  const zone = 'Europe/Berlin';
  const changes = transitionsBetween(zone, -8.64e15, 8.64e15);
  expect(changes).toEqual(transitionsBetween(zone, Date.UTC(1970, 0, 1), Date.UTC(2200, 0, 1)));
  const daily = parseCron('* * * * * ?', { dialect: 'quartz' });
  for (const at of [-1e300, -8e15, 8e15, 1e300]) expect(matches(daily, at, zone)).toBe(false);
  expect(zoneOf(zone).blocks.size).toBeLessThanOrEqual(213);
});

describe('the name of a zone', () => {
  const daily = parseCron('0 0 2 * * ?', { dialect: 'quartz' });

  test.each(['Mars/Base', '', '+08:00', 'GMT+8', 'Asia/Shanghai '])('"%s" is refused with what to write', (zone) => {
    expect(() => nextAfter(daily, 0, zone)).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT',
        details: { zone },
        message: expect.stringContaining('Asia/Shanghai'),
      }),
    );
    expect(() => transitionsBetween(zone, 0, 1)).toThrow('no time zone');
  });

  test('may be any that Intl lists, and more of them than are remembered', () => {
    const first = everyZone.map((zone) => nextAfter(daily, Date.UTC(2027, 0, 1), zone));
    const again = everyZone.map((zone) => nextAfter(daily, Date.UTC(2027, 0, 1), zone));
    expect(again).toEqual(first);
    expect(zoneOf(everyZone.at(-1) as string)).toBe(zoneOf(everyZone.at(-1) as string));
    const oldest = zoneOf(everyZone[0] as string);
    for (const zone of everyZone.slice(1, 70)) zoneOf(zone);
    expect(zoneOf(everyZone[0] as string)).not.toBe(oldest);
  });
});
