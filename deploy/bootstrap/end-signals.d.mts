export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/**
 * Calls `handle(signal)` once for each time that somebody asks the process to end, by SIGINT, SIGTERM or SIGHUP.
 * Two of the same kind within 300 ms are one, because npm passes on what the terminal has sent already; a key that is
 * held down is heard every 300 ms.
 * Returns what takes the listeners off again.
 *
 * @example
 * const off = onEndSignals((signal) => night.stop(signal));
 */
export function onEndSignals(handle: (signal: EndSignal) => void): () => void;
