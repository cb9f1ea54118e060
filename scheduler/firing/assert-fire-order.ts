import { isBusinessDate } from '../../shared/business-date.ts';
import { DaybreakError } from '../../shared/errors.ts';

/** What every fire by hand or by a caller has to name. Throws BAD_INPUT with the field and the way out. */
export function assertFireOrder(order: { readonly businessDate: string; readonly requestId: string }): void {
  if (!isBusinessDate(order.businessDate)) {
    throw new DaybreakError('BAD_INPUT', `businessDate is "${order.businessDate}": give a day as YYYY-MM-DD`);
  }
  assertRequestId(order.requestId);
}

export function assertRequestId(requestId: string): void {
  if (requestId.length < 1 || requestId.length > 128) {
    throw new DaybreakError('BAD_INPUT', 'requestId must have 1 to 128 characters');
  }
}

/** A hold and what was held are shown where there is one line for the reason. */
export const FIRING_REASON_MAX = 200;

/** Who decides something has a name, and where a reason is wanted, a reason. */
export function assertPerson({ by, reason }: { readonly by: string; readonly reason?: string }): void {
  if (by.trim() === '' || by.length > 64)
    throw new DaybreakError('BAD_INPUT', 'by must name who asks, 1 to 64 characters');
  if (reason !== undefined && (reason.trim() === '' || reason.length > FIRING_REASON_MAX)) {
    const why = `must have 1 to ${FIRING_REASON_MAX} characters`;
    throw new DaybreakError('BAD_INPUT', `reason ${why}`, { details: { path: 'reason', why } });
  }
}
