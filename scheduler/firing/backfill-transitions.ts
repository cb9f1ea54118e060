/** A backfill: a range of business dates, each fired once. No date is started once it is not `running`. */
export const BACKFILL_STATES = ['running', 'paused', 'done', 'failed', 'cancelled'] as const;
export type BackfillState = (typeof BACKFILL_STATES)[number];

export const BACKFILL_EDGES: Readonly<Record<BackfillState, readonly BackfillState[]>> = {
  running: ['paused', 'done', 'failed', 'cancelled'],
  paused: ['running', 'cancelled'],
  done: [],
  failed: [],
  cancelled: [],
};

export type BackfillEvent =
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'cancelled' }
  /** What was started has ended; `failed`: one of its runs has not succeeded, and that stops it. */
  | { readonly kind: 'all_ended'; readonly failed: boolean };

export type BackfillVerdict =
  | { readonly kind: 'moved'; readonly to: BackfillState }
  | { readonly kind: 'refused'; readonly reason: 'NOT_POSSIBLE' };

export function transitBackfill(state: BackfillState, event: BackfillEvent): BackfillVerdict {
  const to = targetOf(event);
  return BACKFILL_EDGES[state].includes(to) ? { kind: 'moved', to } : { kind: 'refused', reason: 'NOT_POSSIBLE' };
}

function targetOf(event: BackfillEvent): BackfillState {
  switch (event.kind) {
    case 'paused':
      return 'paused';
    case 'resumed':
      return 'running';
    case 'cancelled':
      return 'cancelled';
    case 'all_ended':
      return event.failed ? 'failed' : 'done';
  }
}

/** What one look at a running backfill asks for. */
export type BackfillStep =
  | { readonly kind: 'start'; readonly count: number }
  | { readonly kind: 'wait' }
  | { readonly kind: 'ended'; readonly failed: boolean };

/**
 * What to do now: as many dates as may go beside those that are open, unless one has failed and that stops it; nothing
 * more to start and nothing open is the end.
 */
export function judgeBackfill(at: {
  readonly open: number;
  readonly failed: number;
  readonly datesLeft: boolean;
  readonly parallel: number;
  readonly stopOnFailure: boolean;
}): BackfillStep {
  const stops = at.stopOnFailure && at.failed > 0;
  if (at.open === 0 && (stops || !at.datesLeft)) return { kind: 'ended', failed: stops };
  const count = stops || !at.datesLeft ? 0 : at.parallel - at.open;
  return count > 0 ? { kind: 'start', count } : { kind: 'wait' };
}
