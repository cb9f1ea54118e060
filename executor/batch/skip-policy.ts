import { DaybreakError, type ErrorCode } from '../../shared/errors.ts';
import type { StepPhase } from './step-counts.ts';

/** Which errors may cost an item its place in the result, and how many items at most. */
export interface SkipPolicy {
  /** Items that may be skipped in reading, processing and writing together. One more ends the step. */
  readonly limit: number;
  /** Default: every error that is the item's own fault. Never asked about errors that concern the whole step. */
  readonly on?: (error: unknown, phase: StepPhase) => boolean;
}

/** The default: nothing is skipped, the first bad item ends the step. */
export const SKIP_NOTHING: SkipPolicy = Object.freeze({ limit: 0, on: () => false });

const NEVER_AN_ITEM: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'STORE_UNREACHABLE',
  'STORE_BUSY',
  'STORE_OVERLOADED',
  'STORE_READ_ONLY',
  'STORE_UNFIT',
  'STORE_CORRUPT',
  'STORE_CLOSED',
  'COMMIT_UNKNOWN',
  'NESTED_TRANSACTION',
  'SQL_DEADLOCK',
  'LEASE_LOST',
  'INVARIANT_BROKEN',
  'CANCELLED',
  'DEADLINE_PASSED',
]);

/** A lost connection, a lost lease or a cancelled run is no item's fault, and no policy can say otherwise. */
export function concernsTheWholeStep(error: unknown): boolean {
  if (error instanceof DaybreakError) return NEVER_AN_ITEM.has(error.code);
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

export function maySkip(policy: SkipPolicy, error: unknown, phase: StepPhase): boolean {
  return !concernsTheWholeStep(error) && (policy.on === undefined || policy.on(error, phase));
}

export function codeOfError(error: unknown): string {
  if (error instanceof DaybreakError) return error.code;
  return error instanceof Error ? error.name : 'UNKNOWN_ERROR';
}
