const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SAME_PRESS_MS = 300;

/**
 * Calls `handle(signal)` once for each time that somebody asks the process to end, by SIGINT, SIGTERM or SIGHUP.
 * Two of the same kind within 300 ms are one: npm passes a signal on to a child that the terminal has told already, and
 * a program for which the second Ctrl-C means "at once" would otherwise never see a first. Returns what takes it off again.
 */
export function onEndSignals(handle) {
  const lastAtMs = new Map();
  const listener = (signal) => {
    const nowMs = performance.now();
    const isRepeat = nowMs - (lastAtMs.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_PRESS_MS;
    lastAtMs.set(signal, nowMs);
    if (!isRepeat) handle(signal);
  };
  for (const signal of END_SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of END_SIGNALS) process.off(signal, listener);
  };
}
