import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Sends a signal many times a second, as a key does that is held down, until the process has ended: how it did. */
export async function pressUntilEnded(
  child: ChildProcess,
  signal: NodeJS.Signals,
): Promise<[code: number | null, signal: NodeJS.Signals | null]> {
  const ended = once(child, 'exit');
  const pressing = setInterval(() => child.kill(signal), 30);
  try {
    return (await ended) as [number | null, NodeJS.Signals | null];
  } finally {
    clearInterval(pressing);
  }
}
