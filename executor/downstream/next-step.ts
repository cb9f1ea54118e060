/**
 * What the sweep may do next about a call whose outcome is not known (P7), as a pure function of what was seen.
 * "Not found" settles nothing here and never permits a new key: it permits the same requestNo with the same values,
 * or a void.
 */
export interface UnclearCall {
  readonly sendDeadlineAt: number;
  readonly storedAt: number;
  /** On the downstream's clock. */
  readonly expireAt: number;
  readonly keyDeadAt: number;
  readonly sends: number;
  /** The downstream has called it PROCESSING: it is never voided by us. */
  readonly accepted: boolean;
}

export interface SweepRules {
  /** The greater of the downstream's visibility and the gateway timeout. */
  readonly visibilityMs: number;
  readonly gatewayTimeoutMs: number;
  readonly cutOffAtMs: number;
  readonly canVoid: boolean;
  /** The downstream's clock minus ours, as its answers show it. */
  readonly clockOffsetMs: number;
}

export type NextStep = 'query' | 'repeat' | 'void' | 'manual';

/** What was seen when the call was last asked for: nothing of it, several times, or something else. */
export interface Absence {
  readonly kind: 'not_found' | 'missing' | 'other';
  /** Answers without the entry so far, this one included; each counted only a third of the visibility after the last. */
  readonly missingCount: number;
}

export const SEND_MARGIN_MS = 5_000;
/** The longest that one send may still be under way: nothing is sent so late that its deadline lies after the cut-off. */
export const sendDeadlineOf = (nowMs: number, gatewayTimeoutMs: number): number =>
  nowMs + gatewayTimeoutMs + SEND_MARGIN_MS;
/**
 * No more calls than can leave within half the send deadline, nor later than an exchange could still end before it:
 * what is stored is sent.
 */
export const sendHorizonMs = (gatewayTimeoutMs: number): number =>
  Math.min((gatewayTimeoutMs + SEND_MARGIN_MS) / 2, SEND_MARGIN_MS);
export const maySendAt = (nowMs: number, rules: Pick<SweepRules, 'gatewayTimeoutMs' | 'cutOffAtMs'>): boolean =>
  sendDeadlineOf(nowMs, rules.gatewayTimeoutMs) <= rules.cutOffAtMs;

export function stepAfterAbsence(call: UnclearCall, absence: Absence, nowMs: number, rules: SweepRules): NextStep {
  if (absence.kind === 'other') return 'query';
  if (absence.kind === 'missing' && absence.missingCount < 3) return 'query';
  // Not yet visible, or still under way to the downstream: absence says nothing.
  if (nowMs < call.sendDeadlineAt + rules.visibilityMs) return 'query';
  if (nowMs + rules.gatewayTimeoutMs >= call.keyDeadAt) return 'query';
  if (nowMs + rules.clockOffsetMs < call.expireAt) return maySendAt(nowMs, rules) ? 'repeat' : 'query';
  return rules.canVoid && !call.accepted && nowMs < rules.cutOffAtMs ? 'void' : 'query';
}

/** A refusal with an unknown code, repeated by a query after the visibility: void it where that can be done, else believe it. */
export function stepAfterRefusedOther(
  call: UnclearCall,
  seen: { readonly repeated: boolean },
  nowMs: number,
  rules: SweepRules,
): NextStep | 'fail' {
  if (!seen.repeated || nowMs < call.sendDeadlineAt - rules.gatewayTimeoutMs - SEND_MARGIN_MS + rules.visibilityMs)
    return 'query';
  if (!rules.canVoid) return 'fail';
  if (call.accepted || nowMs + rules.gatewayTimeoutMs >= call.keyDeadAt) return 'query';
  return nowMs < rules.cutOffAtMs ? 'void' : 'query';
}

/** When to ask again: the visibility / 2 within 1-30 s first, then doubled up to 60 s or a tenth of the time left. */
export function nextCheckDelayMs(
  checks: number,
  nowMs: number,
  rules: Pick<SweepRules, 'visibilityMs' | 'cutOffAtMs'>,
): number {
  const firstMs = Math.min(30_000, Math.max(1_000, rules.visibilityMs / 2));
  const capMs = Math.max(500, Math.min(60_000, (rules.cutOffAtMs - nowMs) / 10));
  return Math.min(capMs, firstMs * 2 ** Math.min(checks, 10));
}
