import { describe, expect, test } from 'vitest';
import { readCalendar } from '../../../../scheduler/calendar/calendar.ts';
import { readJob } from '../../../../scheduler/definition/job-definition.ts';
import type { Schedule, ScheduleLimits } from '../../../../scheduler/definition/schedule-definition.ts';
import { previousInstant } from '../../../../scheduler/firing/previous-instant.ts';
import { timetable } from '../../../../scheduler/firing/timetable.ts';
import { job } from '../../../support/given-scheduler.ts';

const AT = Date.UTC(2026, 10, 23, 2, 0);

function before(schedule: Schedule, limits: ScheduleLimits = {}, atMs = AT): string | null {
  const timed = readJob(job(1, 'work', { schedule, limits }));
  const calendar = limits.calendar == null ? null : readCalendar({ name: limits.calendar });
  const found = previousInstant(timed, timetable(timed, calendar, 1), atMs);
  return found === null ? null : new Date(found).toISOString();
}
const cron = (text: string, zone = 'UTC'): Schedule => ({ kind: 'cron', dialect: 'quartz', text, zone });

describe('the instant before', () => {
  test.each<[string, Schedule, ScheduleLimits, string | null]>([
    ['of a daily cron', cron('0 0 2 * * ?'), {}, '2026-11-22T02:00:00.000Z'],
    ['of every second', cron('* * * * * ?'), {}, '2026-11-23T01:59:59.000Z'],
    ['of a yearly cron', cron('0 0 2 1 1 ?'), {}, '2026-01-01T02:00:00.000Z'],
    ['over days that are out', cron('0 0 2 * * ?'), { calendar: 'bank' }, '2026-11-20T02:00:00.000Z'],
    ['before the start of its limits', cron('0 0 2 * * ?'), { startAtMs: AT }, null],
    ['in another zone', cron('0 30 2 * * ?', 'Europe/Berlin'), {}, '2026-11-23T01:30:00.000Z'],
    ['of a rate', { kind: 'fixed_rate', everyMs: 7_000 }, {}, '2026-11-23T01:59:53.000Z'],
    ['of a rate of weeks', { kind: 'fixed_rate', everyMs: 14 * 86_400_000 }, {}, '2026-11-09T02:00:00.000Z'],
    ['of what is fired by others', { kind: 'none' }, {}, null],
    ['of a single instant', { kind: 'one_off', atMs: AT }, {}, null],
    ['of a delay', { kind: 'fixed_delay', delayMs: 1_000 }, {}, null],
  ])('%s', (_, schedule, limits, expected) => {
    expect(before(schedule, limits)).toBe(expected);
  });
});
