import type { Logger } from '../../shared/logger.ts';
import { createLoop } from '../../shared/runtime/loop.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { NodeMetrics } from './node-metrics.ts';
import type { Registration, SchedulerAnswer, SchedulerClient } from './scheduler-client.ts';
import type { ThrottledTeller } from './throttled-shards.ts';

/** Tells a scheduler again and again that this node is there; while it drains too, so that its runs are not given away. */
export interface Heartbeat {
  /** One beat, by hand. */
  beat(): Promise<SchedulerAnswer>;
  start(): void;
  /** Whether the last beat was acknowledged. */
  readonly isHeard: boolean;
  /** Ends the beats and takes the node off the list. */
  stop(): Promise<void>;
}

export interface HeartbeatOptions {
  readonly schedulerClient: SchedulerClient;
  readonly registration: Registration;
  /** Asked before each beat: what it says of the shards that this node holds. */
  readonly throttled: ThrottledTeller;
  readonly intervalMs: number;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: NodeMetrics;
  readonly onAnswer: (answer: SchedulerAnswer) => void;
  /**
   * Awaited before the first beat: results of an earlier start should arrive before the news of this one, on which a
   * scheduler takes what has no result for lost.
   */
  readonly beforeFirst: () => Promise<unknown>;
}

export function createHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { schedulerClient, registration, runtime, logger, metrics } = options;
  let first = true;
  let last: SchedulerAnswer['kind'] | null = null;

  async function beat(): Promise<SchedulerAnswer> {
    const throttled = await options.throttled();
    const answer = await schedulerClient.register(
      throttled === undefined ? registration : { ...registration, throttled: [...throttled] },
    );
    metrics.heartbeat(answer.kind);
    if (answer.kind !== last) logChange(answer);
    last = answer.kind;
    options.onAnswer(answer);
    return answer;
  }

  function logChange(answer: SchedulerAnswer): void {
    const fields = { address: registration.registryValue, ...answer };
    if (answer.kind === 'acknowledged') logger.info(fields, 'registered with a scheduler');
    else logger.warn(fields, 'no scheduler takes the registration; it is tried again at each heartbeat');
  }

  async function pass(stop: AbortSignal): Promise<{ more: boolean }> {
    if (first) await options.beforeFirst();
    first = false;
    if (stop.aborted) return { more: false };
    const answer = await beat();
    if (answer.kind === 'acknowledged') return { more: false };
    // Nobody sends runs to a node that nobody knows, so a beat that was not taken is repeated sooner.
    await runtime.sleep(Math.min(1_000, options.intervalMs), stop);
    return { more: true };
  }

  const loop = createLoop({ name: 'heartbeat', body: pass, intervalMs: options.intervalMs, runtime, logger });
  return {
    beat,
    get isHeard() {
      return last === 'acknowledged';
    },
    start: () => loop.start(),
    async stop() {
      await loop.stop(false);
      const answer = await schedulerClient.unregister(registration);
      if (answer.kind !== 'acknowledged') {
        logger.warn({ ...answer }, 'the scheduler was not told that this node leaves; it will miss the heartbeats');
      }
    },
  };
}
