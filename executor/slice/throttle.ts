/** Whether and how fast slices may be worked just now: a job's window, and what the database can bear (R139). */
export interface Throttle {
  /** Null: a new slice may be claimed. Else why not, in words for people. */
  holdsBack(nowMs: number): string | null;
  /** How many slices may be worked at once where `most` would be otherwise; at least 1. */
  slots(most: number): number;
  /** Waits while chunks pause; resolves at once when nothing presses. The caller keeps its lease meanwhile. */
  beforeChunk(signal: AbortSignal): Promise<void>;
  /** Why it is THROTTLED just now, or null. */
  readonly why: string | null;
}

export const NO_THROTTLE: Throttle = {
  holdsBack: () => null,
  slots: (most) => most,
  beforeChunk: async () => undefined,
  why: null,
};
