/**
 * A run: one execution of a job. The picture is docs/states.md; the CHECK is in the migration; a test holds the three
 * together. `dispatched` is the milestone "all shards are back"; `succeeded` is the milestone SETTLED as well, because
 * a run whose handler tells no slices has nothing left to settle once its shards are back.
 */
export const RUN_STATES = [
  'waiting',
  'running',
  'dispatched',
  'succeeded',
  'failed',
  'timed_out',
  'cancelled',
  'discarded',
] as const;
export type RunState = (typeof RUN_STATES)[number];

export const RUN_EDGES: Readonly<Record<RunState, readonly RunState[]>> = {
  waiting: ['running', 'failed', 'cancelled', 'discarded'],
  running: ['dispatched', 'succeeded', 'failed', 'timed_out', 'cancelled'],
  dispatched: ['succeeded', 'failed', 'timed_out', 'cancelled'],
  succeeded: [],
  failed: [],
  timed_out: [],
  cancelled: [],
  discarded: [],
};

/** What the executors have told so far about the slices of a run. */
export type ToldState = 'none_expected' | 'incomplete' | 'complete' | 'mismatch';

export type RunEvent =
  /** The shards were made: index and total are fixed from here on. */
  | { readonly kind: 'split' }
  /** Another run of the job still runs, and its overlap rule is to discard. */
  | { readonly kind: 'overlapped' }
  /** The file that it waited for has come, and another run of the job has taken the same content before. */
  | { readonly kind: 'input_taken' }
  /** Its job is a script and has none. */
  | { readonly kind: 'no_script' }
  /** Every shard has ended; `outcome` is their fold. */
  | { readonly kind: 'shards_back'; readonly outcome: ShardsOutcome; readonly told: ToldState }
  /** A manifest or a settled slice came in. */
  | { readonly kind: 'told'; readonly told: ToldState }
  | { readonly kind: 'cancelled' }
  /** Its chain has ended before the run was settled. */
  | { readonly kind: 'chain_ended' };
export type ShardsOutcome = 'succeeded' | 'failed' | 'timed_out' | 'cancelled';

export type RunVerdict =
  | { readonly kind: 'moved'; readonly to: RunState }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: 'ALREADY_ENDED' | 'NOT_POSSIBLE' };

const moved = (to: RunState): RunVerdict => ({ kind: 'moved', to });
const notPossible: RunVerdict = { kind: 'refused', reason: 'NOT_POSSIBLE' };

export function transitRun(state: RunState, event: RunEvent): RunVerdict {
  if (isRunEnded(state)) return { kind: 'refused', reason: 'ALREADY_ENDED' };
  switch (event.kind) {
    case 'split':
      return state === 'waiting' ? moved('running') : notPossible;
    case 'overlapped':
    case 'input_taken':
      return state === 'waiting' ? moved('discarded') : notPossible;
    case 'no_script':
      return state === 'waiting' ? moved('failed') : notPossible;
    case 'cancelled':
      return moved('cancelled');
    case 'shards_back':
      return state === 'running' ? afterShardsBack(event.outcome, event.told) : notPossible;
    case 'told':
      return state === 'dispatched' ? afterTold(event.told) : { kind: 'unchanged' };
    case 'chain_ended':
      return moved(state === 'dispatched' ? 'timed_out' : 'cancelled');
  }
}

function afterShardsBack(outcome: ShardsOutcome, told: ToldState): RunVerdict {
  if (outcome !== 'succeeded') return moved(outcome);
  switch (told) {
    case 'none_expected':
    case 'complete':
      return moved('succeeded');
    case 'incomplete':
      return moved('dispatched');
    case 'mismatch':
      return moved('failed');
  }
}

function afterTold(told: ToldState): RunVerdict {
  if (told === 'complete') return moved('succeeded');
  return told === 'mismatch' ? moved('failed') : { kind: 'unchanged' };
}

export const isRunEnded = (state: RunState): boolean => RUN_EDGES[state].length === 0;
/** The milestone DISPATCHED: every shard of it has come back with success. */
export const isDispatched = (state: RunState): boolean => state === 'dispatched' || state === 'succeeded';
/** The milestone SETTLED. */
export const isSettled = (state: RunState): boolean => state === 'succeeded';
