export interface InLine {
  readonly runId: number;
  /** 1 is first, 9 is last. */
  readonly priority: number;
  readonly createdAt: number;
}

/**
 * Who is looked at first: by priority, then by age. For every `agingMs` that a run has waited it counts as one step more
 * urgent, so a run of priority 9 goes before fresh ones of priority 1 after eight steps: nobody waits for ever behind
 * others that keep coming. Equals stand in the order of their ids.
 */
export function inWaitingOrder<T extends InLine>(runs: readonly T[], nowMs: number, agingMs: number): T[] {
  const urgency = (run: T) => run.priority - Math.floor(Math.max(0, nowMs - run.createdAt) / Math.max(1, agingMs));
  return [...runs].sort((a, b) => urgency(a) - urgency(b) || a.runId - b.runId);
}
