import { DaybreakError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { SqlStore } from './sql.ts';
import type { ClockSkew } from './store-figures.ts';

/**
 * No decision compares the clocks of two machines, so a node whose clock is an hour off works as well as any (I18). What
 * it shows to people and signs for a gateway does not: a person should know. Hours are a wrong time zone.
 */
const WARN_MS = 2_000;
const REFUSE_MS = 2 * 3_600_000;

export type ClockVerdict = 'fits' | 'warn' | 'refuse';

/** Pure. What may be the measurement's own error is not held against a clock. */
export function clockVerdict(skew: ClockSkew, bounds = { warnMs: WARN_MS, refuseMs: REFUSE_MS }): ClockVerdict {
  const sureMs = Math.abs(skew.skewMs) - skew.withinMs;
  if (sureMs > bounds.refuseMs) return 'refuse';
  return sureMs > bounds.warnMs ? 'warn' : 'fits';
}

/** Warns of a store whose clock is seconds away from this machine's; throws STORE_UNFIT when it is hours and `refuse`. */
export function judgeClock(store: SqlStore, given: { readonly logger: Logger; readonly refuse: boolean }): void {
  const skew = store.figures().clock;
  if (skew === null) return;
  const verdict = clockVerdict(skew);
  if (verdict === 'fits') return;
  const seconds = Math.round(Math.abs(skew.skewMs) / 1000);
  const side = skew.skewMs > 0 ? 'behind' : 'ahead of';
  const text = `this machine's clock is ${seconds} s ${side} that of ${store.label}`;
  if (verdict === 'refuse' && given.refuse) {
    throw new DaybreakError('STORE_UNFIT', `${text}: set both clocks by NTP, and look at their time zones`, {
      details: { store: store.label, ...skew },
    });
  }
  given.logger.warn({ store: store.label, ...skew }, `${text}: set both clocks by NTP`);
}
