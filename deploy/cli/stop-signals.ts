import { constants } from 'node:os';
import { onEndSignals } from '../bootstrap/end-signals.mjs';

/** Ctrl-C, SIGTERM and a closed terminal as one AbortSignal; the exit code says which it was. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /** 130 after Ctrl-C, 143 after SIGTERM, 129 after a closed terminal, null while nobody asked. */
  exitCode(): number | null;
  dispose(): void;
}

// One press may arrive by several ways (terminal, npm, launcher) and as two kinds of signal.
const SAME_PRESS_MS = 300;

/** The first signal asks for an orderly end; another one, later than its own echo, ends the process at once. */
export function listenForStop(onStop: () => void): StopSignals {
  const controller = new AbortController();
  let first: { atMs: number; exitCode: number } | null = null;
  const off = onEndSignals((name) => {
    const nowMs = performance.now();
    if (first === null) {
      first = { atMs: nowMs, exitCode: 128 + constants.signals[name] };
      onStop();
      controller.abort(new Error(`stopped by ${name}`));
    } else if (nowMs - first.atMs > SAME_PRESS_MS) {
      process.exit(first.exitCode);
    }
  });
  return { signal: controller.signal, exitCode: () => first?.exitCode ?? null, dispose: off };
}
