/**
 * What one line of a settlement file says about our books (pure). A line is right when it belongs to a call of ours
 * with equal account, currency and amount, and its plan is paid by that call and by no other.
 */
export interface LineCase {
  readonly line: {
    readonly gatewayRef: string;
    readonly accountNo: string;
    readonly currency: string;
    /** Null when the amount was no plain integer. */
    readonly amountMinor: number | null;
  };
  readonly plan: { readonly state: string } | null;
  /** The call of this very request number. */
  readonly call: {
    readonly state: string;
    readonly accountNo: string;
    readonly currency: string;
    readonly amountMinor: number;
  } | null;
  /** The ledger entry of this very call. */
  readonly entry: { readonly gatewayRef: string; readonly currency: string; readonly amountMinor: number } | null;
  /** Ledger entries of the plan, of whichever call and night. */
  readonly planEntries: number;
  /** Different (gateway_ref, request_no) in the files of the night whose request number names this plan. */
  readonly planDebits: number;
  /** The environment in the request number is the one of our calls. */
  readonly isOurEnvironment: boolean;
}

export type LineDifference = 'ONLY_GATEWAY' | 'AMOUNT_DIFFERS' | 'STATE_DIFFERS' | 'DOUBLE_DEBIT';

export interface LineJudgement {
  /** Empty: the line is right. */
  readonly differences: readonly LineDifference[];
  /** Right in everything that counts, but under another reference than the answer that settled it. */
  readonly isReferenceOther: boolean;
  /** The file shows a debit that our books do not: the plan must not be presented again before a person looked. */
  readonly holdsPlan: boolean;
}

export function judgeLine(one: LineCase): LineJudgement {
  const differences: LineDifference[] = [];
  const primary = primaryDifference(one);
  if (primary !== null) differences.push(primary);
  const isReferenceOther = one.entry !== null && one.entry.gatewayRef !== one.line.gatewayRef;
  // Of two lines for one plan the one that paid it is right; the other is the double debit.
  if (isDouble(one, primary, isReferenceOther)) differences.push('DOUBLE_DEBIT');
  return {
    differences,
    isReferenceOther: isReferenceOther && differences.length === 0,
    holdsPlan: differences.length > 0 && one.plan !== null && (one.call !== null || one.isOurEnvironment),
  };
}

function primaryDifference({ line, plan, call, entry }: LineCase): LineDifference | null {
  if (call === null) return 'ONLY_GATEWAY';
  const isEqual =
    line.accountNo === call.accountNo && line.currency === call.currency && line.amountMinor === call.amountMinor;
  if (!isEqual) return 'AMOUNT_DIFFERS';
  const isPaidByIt = call.state === 'SUCCEEDED' && entry !== null && (plan?.state === 'paid' || plan?.state === 'held');
  if (!isPaidByIt) return 'STATE_DIFFERS';
  return entry.amountMinor === call.amountMinor && entry.currency === call.currency ? null : 'AMOUNT_DIFFERS';
}

function isDouble(one: LineCase, primary: LineDifference | null, isReferenceOther: boolean): boolean {
  if (one.planEntries > 1) return true;
  if (one.plan === null || (one.call === null && !one.isOurEnvironment)) return false;
  // Paid by another call than the one this line is for.
  if (one.entry === null && one.planEntries > 0) return true;
  return one.planDebits > 1 && (primary === 'ONLY_GATEWAY' || primary === 'STATE_DIFFERS' || isReferenceOther);
}
