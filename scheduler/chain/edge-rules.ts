import { isDispatched, isRunEnded, isSettled, type RunState } from '../run/run-transitions.ts';

/** One edge of a chain: when the child may start. All shards of the parent have to be back in every case. */
export interface EdgeRule {
  /**
   * What the parent has to come to. 'failure': failed, timed out or cancelled. 'always': to any end, and also when the
   * parent was passed over. Default 'success'.
   */
  readonly when?: 'success' | 'failure' | 'always';
  /** SETTLED: no item of the parent is open any more. DISPATCHED: all its shards are back. Default SETTLED. */
  readonly milestone?: 'SETTLED' | 'DISPATCHED';
  /**
   * Start this long after DISPATCHED even when it is not SETTLED. 'auto' is the lesser of 5 minutes and a tenth of the
   * time that was left to the cut-off at DISPATCHED. Default: wait for the milestone. Never later than the cut-off.
   */
  readonly graceMs?: number | 'auto';
  /** Start at the cut-off even when it is not SETTLED. Default false. */
  readonly orCutOff?: boolean;
  /** The edge should be met so long after the chain run began, ms. Default: no deadline. */
  readonly deadlineMs?: number;
  /**
   * What happens at the deadline, beside the alarm EDGE_LATE: nothing ('alarm', the default), the edge counts as met
   * ('go'), or as never to be met ('give_up').
   */
  readonly onDeadline?: 'alarm' | 'go' | 'give_up';
}

/** What is known of the node that an edge comes from. */
export type EdgeParent =
  | { readonly kind: 'run'; readonly state: RunState; readonly dispatchedAtMs: number | null }
  /** It has no run yet. */
  | { readonly kind: 'none' }
  /** People said that it counts as done, or an earlier chain run stands for it. */
  | { readonly kind: 'stands' }
  /** It will never have a run. */
  | { readonly kind: 'passed_over' };

export interface EdgeTimes {
  readonly startedAtMs: number;
  readonly cutOffAtMs: number | null;
  readonly nowMs: number;
}

export type EdgeVerdict =
  | { readonly kind: 'met'; readonly because: string }
  /** `atMs`: the instant at which time alone will meet or end it, or null. */
  | { readonly kind: 'wait'; readonly atMs: number | null; readonly late: boolean }
  | { readonly kind: 'never'; readonly because: string };

export function judgeEdge(rule: EdgeRule, parent: EdgeParent, times: EdgeTimes): EdgeVerdict {
  const verdict = withoutDeadline(rule, parent, times);
  if (verdict.kind !== 'wait' || rule.deadlineMs === undefined) return verdict;
  const deadlineAtMs = times.startedAtMs + rule.deadlineMs;
  if (times.nowMs < deadlineAtMs) return { ...verdict, atMs: Math.min(verdict.atMs ?? Infinity, deadlineAtMs) };
  switch (rule.onDeadline ?? 'alarm') {
    case 'alarm':
      return { ...verdict, late: true };
    case 'go':
      return { kind: 'met', because: 'DEADLINE' };
    case 'give_up':
      return { kind: 'never', because: 'its deadline has passed' };
  }
}

const wait = (atMs: number | null): EdgeVerdict => ({ kind: 'wait', atMs, late: false });

function withoutDeadline(rule: EdgeRule, parent: EdgeParent, times: EdgeTimes): EdgeVerdict {
  if (parent.kind === 'none') return wait(null);
  switch (rule.when ?? 'success') {
    case 'success':
      return afterSuccess(rule, parent, times);
    case 'failure':
      return afterFailure(parent);
    case 'always':
      return afterAnyEnd(rule, parent, times);
  }
}

type Known = Exclude<EdgeParent, { kind: 'none' }>;

function afterSuccess(rule: EdgeRule, parent: Known, times: EdgeTimes): EdgeVerdict {
  if (parent.kind === 'stands') return { kind: 'met', because: 'SETTLED' };
  if (parent.kind === 'passed_over') return { kind: 'never', because: 'parent passed over' };
  if (isSettled(parent.state)) return { kind: 'met', because: 'SETTLED' };
  if (isRunEnded(parent.state)) return { kind: 'never', because: `parent ${parent.state}` };
  if (!isDispatched(parent.state) || parent.dispatchedAtMs === null) return wait(null);
  if (rule.milestone === 'DISPATCHED') return { kind: 'met', because: 'DISPATCHED' };
  const atMs = opensByTimeAt(rule, parent.dispatchedAtMs, times.cutOffAtMs);
  if (atMs === null || times.nowMs < atMs) return wait(atMs);
  const { cutOffAtMs, nowMs } = times;
  return { kind: 'met', because: cutOffAtMs !== null && nowMs >= cutOffAtMs ? 'CUT_OFF' : 'GRACE_OVER' };
}

function afterFailure(parent: Known): EdgeVerdict {
  if (parent.kind === 'stands') return { kind: 'never', because: 'parent counts as succeeded' };
  if (parent.kind === 'passed_over') return { kind: 'never', because: 'parent passed over' };
  if (!isRunEnded(parent.state)) return wait(null);
  // A discarded run has not failed: another run of the job was at work.
  const failed = parent.state !== 'succeeded' && parent.state !== 'discarded';
  return failed ? { kind: 'met', because: 'FAILED' } : { kind: 'never', because: `parent ${parent.state}` };
}

function afterAnyEnd(rule: EdgeRule, parent: Known, times: EdgeTimes): EdgeVerdict {
  if (parent.kind === 'run' && !isRunEnded(parent.state)) return afterSuccess(rule, parent, times);
  return { kind: 'met', because: 'ENDED' };
}

const GRACE_MAX_MS = 5 * 60_000;

function opensByTimeAt(rule: EdgeRule, dispatchedAtMs: number, cutOffAtMs: number | null): number | null {
  const instants: number[] = [];
  if (rule.graceMs !== undefined) {
    instants.push(dispatchedAtMs + settleGraceMs(rule.graceMs, dispatchedAtMs, cutOffAtMs));
    if (cutOffAtMs !== null) instants.push(Math.max(dispatchedAtMs, cutOffAtMs));
  }
  if (rule.orCutOff === true && cutOffAtMs !== null) instants.push(cutOffAtMs);
  return instants.length === 0 ? null : Math.min(...instants);
}

function settleGraceMs(graceMs: number | 'auto', dispatchedAtMs: number, cutOffAtMs: number | null): number {
  if (graceMs !== 'auto') return graceMs;
  if (cutOffAtMs === null) return GRACE_MAX_MS;
  return Math.min(GRACE_MAX_MS, Math.max(0, Math.floor((cutOffAtMs - dispatchedAtMs) / 10)));
}
