const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SAME_PRESS_MS = 300;

/**
 * Calls `handle(signal)` once for each time that somebody asks the process to end, by SIGINT, SIGTERM or SIGHUP.
 * Two of the same kind within 300 ms are one: npm passes a signal on to a child that the terminal has told already, and
 * a program for which the second Ctrl-C means "at once" would otherwise never see a first. The 300 ms are those after a
 * signal that was handed on: a key that is held down, or pressed in a hurry, is heard again and again. Returns what takes
 * it off again.
 */
export function onEndSignals(handle) {
  const heardAtMs = new Map();
  const listener = (signal) => {
    const nowMs = performance.now();
    if (nowMs - (heardAtMs.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_PRESS_MS) return;
    heardAtMs.set(signal, nowMs);
    handle(signal);
  };
  for (const signal of END_SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of END_SIGNALS) process.off(signal, listener);
  };
}
