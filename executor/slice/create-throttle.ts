import { assertJobWindow, type JobWindow, windowAt } from '../../shared/job-window.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { assertLoadGuard, type GuardState, judgeLoad, type LoadGuard, unguarded, whyThrottled } from './load-guard.ts';
import { NO_THROTTLE, type Throttle } from './throttle.ts';
import { noteThrottled } from './throttle-metrics.ts';

export interface ThrottleGiven {
  readonly store: Pick<SqlStore, 'read' | 'figures'>;
  readonly runtime: Pick<Runtime, 'clock' | 'sleep'>;
  /** Default: at any hour. */
  readonly window?: JobWindow | null;
  /** Default: whatever the database bears. */
  readonly loadGuard?: LoadGuard | null;
}

/** While chunks pause this process may do nothing else at the store: so it looks, this often, whether it still should. */
const LOOK_EVERY_MS = 250;
/** Who asks less often than this was not held back all the time. */
const COUNTED_MAX_MS = 10_000;

/**
 * A throttle for one attempt at one job. Throws BAD_INPUT when window or guard are none.
 * @example
 * const throttle = createThrottle({ store, runtime, window: { from: '22:00', to: '06:00', timeZone: 'UTC' }, loadGuard: { roundTripP95Ms: 20 } });
 */
export function createThrottle(given: ThrottleGiven): Throttle {
  const { store, runtime } = given;
  const [window, guard] = [given.window ?? null, given.loadGuard ?? null];
  if (window !== null) assertJobWindow(window);
  if (guard !== null) assertLoadGuard(guard);
  if (window === null && guard === null) return NO_THROTTLE;
  const monotonicMs = (): number => runtime.clock.monotonicMs();

  let state: GuardState = unguarded(monotonicMs());
  let most = 1;
  let outside: string | null = null;
  let [countedGuardMs, countedWindowMs] = [monotonicMs(), monotonicMs()];

  function judge(): void {
    if (guard === null) return;
    const nowMs = monotonicMs();
    if (state.pressure !== null) {
      noteThrottled(store, state.pressure.kind, Math.min(nowMs - countedGuardMs, COUNTED_MAX_MS));
    }
    countedGuardMs = nowMs;
    state = judgeLoad(state, { guard, figures: store.figures(nowMs - state.steppedAtMs), most, nowMs });
  }

  /** Resolves after a while; what was measured meanwhile is this process's own question, when it asks nothing else. */
  async function lookAgain(ms: number, signal: AbortSignal): Promise<void> {
    await runtime.sleep(ms, signal);
    await store.read('look-at-load', async () => undefined);
    judge();
  }

  return {
    holdsBack(nowMs) {
      if (window === null) return null;
      const at = windowAt(window, nowMs);
      const elapsedMs = monotonicMs() - countedWindowMs;
      countedWindowMs += elapsedMs;
      if (outside !== null) noteThrottled(store, 'window', Math.min(elapsedMs, COUNTED_MAX_MS));
      outside = at.isOpen
        ? null
        : `THROTTLED: outside its window ${window.from} to ${window.to} ${window.timeZone}, which opens at ${new Date(at.opensAtMs).toISOString()}`;
      return outside;
    },
    slots(wanted) {
      most = Math.max(1, wanted);
      judge();
      return Math.max(1, Math.min(most, state.slots));
    },
    async beforeChunk(signal) {
      judge();
      const beganMs = monotonicMs();
      for (;;) {
        const leftMs = state.pauseMs - (monotonicMs() - beganMs);
        if (leftMs <= 0) return;
        await lookAgain(Math.min(leftMs, LOOK_EVERY_MS), signal);
      }
    },
    get why() {
      return outside ?? whyThrottled(state, most);
    },
  };
}
