/**
 * An executor as the scheduler sees it. Instants are the store's clock alone. A silent executor gets no new work but
 * keeps what it holds; only a gone one loses it, so a short hiccup moves nothing.
 */
export const EXECUTOR_STATES = ['joining', 'alive', 'draining', 'silent', 'gone'] as const;
export type ExecutorState = (typeof EXECUTOR_STATES)[number];

export const EXECUTOR_EDGES: Readonly<Record<ExecutorState, readonly ExecutorState[]>> = {
  joining: ['alive', 'draining', 'gone'],
  alive: ['joining', 'draining', 'silent', 'gone'],
  draining: ['joining', 'gone'],
  silent: ['joining', 'alive', 'draining', 'gone'],
  gone: ['joining'],
};

export type ExecutorEvent =
  | { readonly kind: 'beat'; readonly sameIncarnation: boolean }
  /** It answered when it was called back at the address that it gave. */
  | { readonly kind: 'answered' }
  | { readonly kind: 'unregistered' }
  | { readonly kind: 'watched'; readonly quietMs: number; readonly silentAfterMs: number; readonly goneAfterMs: number }
  /** Proven dead: the exclusive store was opened by a new process. */
  | { readonly kind: 'declared_gone' };

export type ExecutorVerdict = { readonly kind: 'moved'; readonly to: ExecutorState } | { readonly kind: 'unchanged' };

const unchanged: ExecutorVerdict = { kind: 'unchanged' };
const move = (from: ExecutorState, to: ExecutorState): ExecutorVerdict =>
  from === to ? unchanged : { kind: 'moved', to };

export function transitExecutor(state: ExecutorState, event: ExecutorEvent): ExecutorVerdict {
  switch (event.kind) {
    case 'beat':
      return afterBeat(state, event.sameIncarnation);
    case 'answered':
      return state === 'joining' ? move(state, 'alive') : unchanged;
    case 'unregistered':
      // It ends what it has begun and tells us; what it does not tell in time is taken back with its lease.
      return state === 'gone' ? unchanged : move(state, 'draining');
    case 'declared_gone':
      return move(state, 'gone');
    case 'watched':
      if (event.quietMs >= event.goneAfterMs) return move(state, 'gone');
      return state === 'alive' && event.quietMs >= event.silentAfterMs ? move(state, 'silent') : unchanged;
  }
}

function afterBeat(state: ExecutorState, sameIncarnation: boolean): ExecutorVerdict {
  // A new process has to prove that it can be reached at its address before it gets work.
  if (!sameIncarnation) return move(state, 'joining');
  switch (state) {
    case 'silent':
      return move(state, 'alive');
    case 'gone':
      return move(state, 'joining');
    case 'joining':
    case 'alive':
    case 'draining':
      return unchanged;
  }
}
