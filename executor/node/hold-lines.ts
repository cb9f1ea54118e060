import type { Logger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { createHoldLine, type LineHolder } from './hold-line.ts';
import type { VerbRoute } from './http-node-server.ts';
import type { NodeMetrics } from './node-metrics.ts';
import type { SchedulerClient } from './scheduler-client.ts';
import { pause } from './store-outcome.ts';

/** The lines of a node that cannot be dialled: one to each scheduler, all of them all the time. */
export interface HoldLines {
  start(): void;
  /** Every scheduler was asked once, or a while has passed: a registration is then believed by those that answered. */
  tried(limitMs: number): Promise<void>;
  stop(): Promise<void>;
}

export function createHoldLines(options: {
  readonly schedulerClient: Pick<SchedulerClient, 'lines'>;
  readonly holder: LineHolder;
  readonly verbs: Readonly<Record<string, VerbRoute>>;
  readonly pollMs: number;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: NodeMetrics;
}): HoldLines {
  const { runtime, metrics } = options;
  const lines = options.schedulerClient.lines.map((line) =>
    createHoldLine({ ...options, line, onRequest: metrics.request }),
  );
  metrics.watchLines(() => lines.filter(({ isOpen }) => isOpen).length);
  return {
    start() {
      for (const line of lines) line.start();
    },
    async tried(limitMs) {
      const over = new AbortController();
      await Promise.race([Promise.all(lines.map((line) => line.tried)), pause(runtime, limitMs, over.signal)]);
      over.abort();
    },
    async stop() {
      await Promise.all(lines.map((line) => line.stop()));
    },
  };
}
