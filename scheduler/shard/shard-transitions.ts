/**
 * A shard: one broadcast part of a run. Its index and the total never change; only who works it does. Each hand-out is
 * a new attempt with a log id of its own, so what an older attempt says is known for what it is.
 */
export const SHARD_STATES = ['ready', 'sent', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type ShardState = (typeof SHARD_STATES)[number];

export const SHARD_EDGES: Readonly<Record<ShardState, readonly ShardState[]>> = {
  ready: ['sent', 'succeeded', 'cancelled'],
  sent: ['running', 'ready', 'succeeded', 'failed', 'cancelled'],
  running: ['ready', 'succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

export type ShardEvent =
  /** An attempt was stored; the request leaves only after that is committed. */
  | { readonly kind: 'handed_out' }
  /** The executor has it in its queue. */
  | { readonly kind: 'accepted' }
  /** The executor certainly has NOT got it: it said no, or no byte left this machine. */
  | { readonly kind: 'refused'; readonly refusalsLeft: number }
  /** Nobody knows whether the executor has it (timeout, reset, a cut answer). */
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'came_back'; readonly success: boolean; readonly retriesLeft: number }
  /** Its executor is gone, or was started anew. */
  | { readonly kind: 'node_lost'; readonly onNodeLoss: 'reassign' | 'fail' }
  | { readonly kind: 'cancelled' };

export type ShardVerdict =
  | { readonly kind: 'moved'; readonly to: ShardState }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: 'ALREADY_ENDED' | 'NOT_POSSIBLE' };

const moved = (to: ShardState): ShardVerdict => ({ kind: 'moved', to });
const notPossible: ShardVerdict = { kind: 'refused', reason: 'NOT_POSSIBLE' };

export function transitShard(state: ShardState, event: ShardEvent): ShardVerdict {
  if (isShardEnded(state)) return { kind: 'refused', reason: 'ALREADY_ENDED' };
  if (event.kind === 'cancelled') return moved('cancelled');
  if (event.kind === 'handed_out') return state === 'ready' ? moved('sent') : notPossible;
  if (state === 'ready') return whileReady(event);
  switch (event.kind) {
    case 'accepted':
      return state === 'sent' ? moved('running') : { kind: 'unchanged' };
    case 'refused':
      // A refusal that comes after the acceptance answers a repeat of the request: the first one was taken.
      if (state === 'running') return { kind: 'unchanged' };
      return moved(event.refusalsLeft > 0 ? 'ready' : 'failed');
    case 'unanswered':
      return { kind: 'unchanged' };
    case 'came_back':
      if (event.success) return moved('succeeded');
      return moved(event.retriesLeft > 0 ? 'ready' : 'failed');
    case 'node_lost':
      return moved(event.onNodeLoss === 'reassign' ? 'ready' : 'failed');
  }
}

/**
 * Taken back and not handed out again: nobody else has it, so a success of the last attempt still counts (an executor
 * that was started anew tells first what it had finished before). A failure of it does not: it is tried again anyway.
 */
function whileReady(event: ShardEvent): ShardVerdict {
  return event.kind === 'came_back' && event.success ? moved('succeeded') : notPossible;
}

export const isShardEnded = (state: ShardState): boolean => SHARD_EDGES[state].length === 0;
