import type { Runtime } from '../runtime/runtime.ts';

/** What can be asked whether it is there; of the driver. */
export interface Pingable {
  ping(callback: (error: unknown) => void): void;
}

/**
 * Connections that nobody has just now, spoken to in turns. A server that ends sessions which say nothing for a while ends
 * with that only those of a process that stands still, whatever they hold.
 */
export interface IdleConnections<Connection extends Pingable> {
  add(connection: Connection): void;
  remove(connection: Connection): void;
  close(): void;
}

export function createIdleConnections<Connection extends Pingable>(given: {
  readonly everyMs: number;
  readonly runtime: Pick<Runtime, 'sleep'>;
}): IdleConnections<Connection> {
  const idle = new Set<Connection>();
  const unanswered = new WeakSet<Connection>();
  const closing = new AbortController();

  async function untilClosed(): Promise<void> {
    while (!closing.signal.aborted) {
      await given.runtime.sleep(given.everyMs, closing.signal).catch(() => undefined);
      if (closing.signal.aborted) return;
      for (const connection of idle) if (!unanswered.has(connection)) ask(connection);
    }
  }

  /** Whoever takes the connection meanwhile queues behind. One that is dead says so by its end, to the pool. */
  function ask(connection: Connection): void {
    unanswered.add(connection);
    connection.ping(() => unanswered.delete(connection));
  }

  void untilClosed();
  return {
    add: (connection) => void idle.add(connection),
    remove: (connection) => void idle.delete(connection),
    close: () => closing.abort(),
  };
}
