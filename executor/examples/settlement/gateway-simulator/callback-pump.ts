import http from 'node:http';
import type { GatewayBooks } from './books.ts';
import { sendCallback } from './callbacks.ts';

export interface CallbackPump {
  start(): void;
  /** Something may be due sooner than was thought. */
  wake(): void;
  /** Sends what is due now and books how it went. */
  round(): Promise<void>;
  stop(): Promise<void>;
}

const AT_ONCE = 20;
const TICK_MS = 50;

/** Lets time do its work in the books (PROCESSING ends) and sends the callbacks that come of it. */
export function createCallbackPump(options: {
  books: GatewayBooks;
  secret: string;
  nowMs: () => number;
  retryMs: () => number;
}): CallbackPump {
  const { books, secret, nowMs } = options;
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE, timeout: 4_000 });
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  let callbacksMayBeDue = true;

  async function sendDue(): Promise<void> {
    books.flush();
    if (books.settleDue(nowMs()) > 0) callbacksMayBeDue = true;
    if (!callbacksMayBeDue) return;
    for (;;) {
      const due = books.dueCallbacks(nowMs(), AT_ONCE);
      if (due.length === 0) break;
      const context = { secret, nowMs: nowMs(), retryMs: options.retryMs(), agent };
      const outcomes = await Promise.all(due.map((callback) => sendCallback(callback, context)));
      books.recordCallbacks(outcomes, nowMs());
    }
    callbacksMayBeDue = Number.isFinite(books.nextCallbackAtMs());
  }

  /** One round after the other, never two side by side. */
  function round(): Promise<void> {
    running = running.then(sendDue);
    return running;
  }

  return {
    start() {
      let busy = false;
      timer = setInterval(() => {
        if (busy) return;
        busy = true;
        void round().finally(() => {
          busy = false;
        });
      }, TICK_MS);
    },
    wake() {
      callbacksMayBeDue = true;
    },
    round,
    async stop() {
      if (timer !== null) clearInterval(timer);
      agent.destroy();
      await running;
    },
  };
}
