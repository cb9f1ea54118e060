import { zoneOf } from '../../shared/cron/zone.ts';
import { isDaybreakError } from '../../shared/errors.ts';
import type { Refuse } from './refuse.ts';

/** The hours in which a job's work may begin. */
export interface JobWindow {
  /** `HH:MM` on the clocks of the zone; its work begins from here on. */
  readonly from: string;
  /** `HH:MM`, not included. Earlier than `from`: on the next day. */
  readonly to: string;
  /** IANA, e.g. 'Asia/Shanghai'. */
  readonly timeZone: string;
}

/** Figures of the executor's store above which a job works more slowly; at least one of them. */
export interface JobLoadGuard {
  /** Of 100 round trips to the database 95 take no longer, ms. Default: not looked at. */
  readonly roundTripP95Ms?: number;
  /** Of 100 waits for a connection 95 take no longer, ms. Default: not looked at. */
  readonly connectionWaitP95Ms?: number;
}

const TIME = /^([01][0-9]|2[0-3]):[0-5][0-9]$/;
const GUARDED = ['roundTripP95Ms', 'connectionWaitP95Ms'] as const;

export function checkWindow(window: JobWindow | null, refuse: Refuse): void {
  if (window === null) return;
  for (const end of ['from', 'to'] as const) {
    if (!TIME.test(window[end])) refuse(`window.${end}`, `is "${window[end]}": write a time of day as HH:MM`);
  }
  if (window.from === window.to) {
    refuse('window', `begins and ends at ${window.from}: leave it out if the job may work at any time`);
  }
  if (!isZone(window.timeZone)) {
    refuse('window.timeZone', `is "${window.timeZone}", which is no IANA time zone: write one such as Asia/Shanghai`);
  }
}

export function checkLoadGuard(guard: JobLoadGuard | null, refuse: Refuse): void {
  if (guard === null) return;
  const given = GUARDED.filter((name) => guard[name] !== undefined);
  if (given.length === 0) refuse('loadGuard', `guards nothing: give ${GUARDED.join(' or ')}, or leave it out`);
  for (const name of given) {
    const value = guard[name] ?? 0;
    if (!(Number.isFinite(value) && value > 0)) refuse(`loadGuard.${name}`, 'must be milliseconds over 0');
  }
}

function isZone(name: string): boolean {
  try {
    return zoneOf(name) !== null;
  } catch (error) {
    if (isDaybreakError(error)) return false;
    throw error;
  }
}
