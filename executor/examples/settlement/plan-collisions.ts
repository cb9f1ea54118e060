import type { PlanFields, RejectCode } from './plan-line.ts';

/** A plan that the store holds under the key of a line. */
export interface StoredPlan {
  readonly id: number;
  readonly fileId: number;
  readonly lineNo: number;
  readonly customerNo: string;
  readonly merchantNo: string;
  readonly accountNo: string;
  readonly currency: string;
  readonly amountMinor: number;
  readonly dueDate: string;
}

export interface AcceptableLine {
  readonly lineNo: number;
  readonly plan: PlanFields;
}

export type CollisionVerdict =
  /** The row under the key is this very line's. */
  | { readonly kind: 'stored-by-this-line' }
  /** An earlier file brought the same plan. `isNew` is false when the sighting is on record already. */
  | { readonly kind: 'stored-before'; readonly planId: number; readonly isNew: boolean }
  | { readonly kind: 'reject'; readonly code: Extract<RejectCode, 'DUPLICATE' | 'CONFLICT'> };

/**
 * Judges lines whose keys are all in the store by now, in the order of the file. A line of this file that holds its
 * key makes every later one a DUPLICATE, whatever that says; a key of an earlier file is the same plan, or a CONFLICT
 * that takes nothing: a later line may still be the same plan.
 * @param sighted lines of this file that are on record as plans of earlier files: plan id to line; added to
 */
export function judgeCollision(
  line: AcceptableLine,
  stored: StoredPlan,
  fileId: number,
  sighted: Map<number, number>,
): CollisionVerdict {
  if (stored.fileId === fileId) {
    return stored.lineNo === line.lineNo ? { kind: 'stored-by-this-line' } : { kind: 'reject', code: 'DUPLICATE' };
  }
  const sightedIn = sighted.get(stored.id);
  if (sightedIn === line.lineNo) return { kind: 'stored-before', planId: stored.id, isNew: false };
  if (sightedIn !== undefined) return { kind: 'reject', code: 'DUPLICATE' };
  if (!hasSameValues(line.plan, stored)) return { kind: 'reject', code: 'CONFLICT' };
  sighted.set(stored.id, line.lineNo);
  return { kind: 'stored-before', planId: stored.id, isNew: true };
}

function hasSameValues(plan: PlanFields, stored: StoredPlan): boolean {
  return (
    plan.customerNo === stored.customerNo &&
    plan.merchantNo === stored.merchantNo &&
    plan.accountNo === stored.accountNo &&
    plan.currency === stored.currency &&
    plan.amountMinor === stored.amountMinor &&
    plan.dueDate === stored.dueDate
  );
}

export function planKey(plan: { contractNo: string; period: number; leg: string }): string {
  return `${plan.contractNo}/${plan.period}/${plan.leg}`;
}
