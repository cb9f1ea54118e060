import { instantOf, localDate } from '../../shared/business-date.ts';
import { cronInstants } from './cron-instants.ts';
import { bounded, type Daily, type DayPart, HORIZON_MS, type Instants, type InstantsOf } from './instants-by-day.ts';
import { sameTimeOn } from './same-time-on.ts';

/** The instants of a schedule; none for the kinds that other events drive. */
export function instantsOf(given: InstantsOf): Instants {
  const { schedule } = given;
  switch (schedule.kind) {
    case 'cron':
      return bounded(cronInstants(schedule, given), given.limits);
    case 'fixed_rate':
      return bounded(rateInstants(schedule.everyMs, given), given.limits);
    case 'fixed_delay':
      return bounded(onceInstants(delayedTo(given)), given.limits);
    case 'one_off':
      return bounded(onceInstants(rolled(schedule.atMs, given)), given.limits);
    case 'none':
    case 'parent':
      return bounded(onceInstants(null), given.limits);
  }
}

function rateInstants(everyMs: number, { anchorMs, zone, calendar, limits }: InstantsOf): Daily {
  const originMs = limits.startAtMs !== null && limits.startAtMs > anchorMs ? limits.startAtMs : anchorMs;
  const onGrid = (atMs: number): number => originMs + Math.ceil((atMs - originMs) / everyMs) * everyMs;
  return {
    zone,
    firstFrom(atMs) {
      let first = onGrid(Math.max(atMs, originMs));
      // A period that steps over all days in would go on for ever.
      while (calendar !== null && !calendar.isIn(localDate(first, zone))) {
        const day = calendar.firstIn(localDate(first, zone));
        if (day === null || first - atMs > HORIZON_MS) return null;
        first = onGrid(instantOf(day, '00:00', zone));
      }
      return first;
    },
    countIn: ({ fromMs, toMs }) => Math.max(0, Math.floor((toMs - onGrid(fromMs)) / everyMs) + 1),
    listIn({ fromMs, toMs }, max) {
      const instants: number[] = [];
      for (let at = onGrid(fromMs); at <= toMs && instants.length < max; at += everyMs) instants.push(at);
      return instants;
    },
  };
}

function onceInstants(atMs: number | null): Daily {
  const isIn = ({ fromMs, toMs }: DayPart) => atMs !== null && atMs >= fromMs && atMs <= toMs;
  return {
    zone: 'UTC',
    firstFrom: (fromMs) => (atMs !== null && atMs >= fromMs ? atMs : null),
    countIn: (part) => (isIn(part) ? 1 : 0),
    listIn: (part) => (atMs !== null && isIn(part) ? [atMs] : []),
  };
}

/** A delay that ends on a day out goes on until the next day in begins; before the start of its window, until that. */
function delayedTo({ anchorMs, limits, zone, calendar }: InstantsOf): number | null {
  const atMs = Math.max(anchorMs, limits.startAtMs ?? anchorMs);
  if (calendar === null) return atMs;
  const date = localDate(atMs, zone);
  const day = calendar.firstIn(date);
  if (day === null) return null;
  return day === date ? atMs : instantOf(day, '00:00', zone);
}

function rolled(atMs: number, { limits, zone, calendar }: InstantsOf): number | null {
  const date = localDate(atMs, zone);
  if (calendar?.isIn(date) ?? true) return atMs;
  if (limits.roll === 'skip') return null;
  const day = limits.roll === 'next' ? calendar?.firstIn(date) : calendar?.lastIn(date);
  return day == null ? null : sameTimeOn(day, atMs, zone);
}
