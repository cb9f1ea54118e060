import { constants } from 'node:os';
import { type EndSignal, onEndSignals } from '../bootstrap/end-signals.mjs';

/** Ctrl-C, SIGTERM and a closed terminal as one AbortSignal; the exit code says which it was. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /** 130 after Ctrl-C, 143 after SIGTERM, 129 after a closed terminal, null while nobody asked. */
  exitCode(): number | null;
  /** Ends the listening, unless somebody has asked: the echo of a press may come when all that it ended has ended. */
  dispose(): void;
}

// One press may arrive by several ways (terminal, npm, launcher) and as two kinds of signal.
const SAME_PRESS_MS = 300;

/** The first signal asks for an orderly end; another one, later than its own echo, ends the process at once. */
export function listenForStop(onStop: () => void): StopSignals {
  const controller = new AbortController();
  let first: { atMs: number; name: EndSignal } | null = null;
  const off = onEndSignals((name) => {
    const nowMs = performance.now();
    if (first === null) {
      first = { atMs: nowMs, name };
      onStop();
      controller.abort(new Error(`stopped by ${name}`));
    } else if (nowMs - first.atMs > SAME_PRESS_MS) {
      endAtOnce(first.name);
    }
  });
  return {
    signal: controller.signal,
    exitCode: () => (first === null ? null : exitCodeOf(first.name)),
    dispose: () => {
      if (first === null) off();
    },
  };
}

/**
 * By the signal itself: `process.exit` waits for its threads first, for as long as one of them hangs in a file on a mount
 * that does not answer, a name that nobody resolves or a statement. A shell shows the same number for both.
 */
function endAtOnce(name: EndSignal): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
  // Still here: the first process of a container, which a signal that nobody listens to does not end.
  process.exit(exitCodeOf(name));
}

const exitCodeOf = (name: EndSignal): number => 128 + constants.signals[name];
