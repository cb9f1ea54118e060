import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { CallbackMessage, RunManifest, SliceSettled } from '../../shared/protocol/wire.ts';
import { backoffMs } from '../../shared/runtime/backoff.ts';
import { createLoop } from '../../shared/runtime/loop.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { addOutboxWaker, callbackLane, OUTBOX_KINDS, type OutboxKind, removeOutboxWaker } from './outbox.ts';
import {
  countMessages,
  deleteMessages,
  type OutboxLane,
  type OutboxRow,
  postponeMessages,
  takeDueMessages,
} from './outbox-queries.ts';
import { PATIENCE } from './patience.ts';
import type { SchedulerClient } from './scheduler-client.ts';

/** Sends what the outbox of one store holds, one lane per kind, so that one kind's trouble does not hold up another. */
export interface OutboxSender {
  start(): void;
  /** Something was committed: the idle lanes look now. A lane that waits after a failure stays in its back-off. */
  wake(): void;
  /** One round of one lane, by hand. */
  sendDue(kind: OutboxKind): Promise<LaneReport>;
  /** Whether every callback was acknowledged before `deadlineMs` had passed. */
  callbacksSent(options: { deadlineMs: number }): Promise<boolean>;
  stop(): Promise<void>;
}

export interface LaneReport {
  readonly acknowledged: number;
  readonly failed: number;
  readonly why: string | null;
}

export interface OutboxSenderOptions {
  readonly store: SqlStore;
  /** Whose callbacks it sends, beside those of nobody in particular. Default: only the latter. */
  readonly group?: string;
  /** Whether another sender of this process sends from the same store just now. Default: none does. */
  readonly isShared?: () => boolean;
  readonly schedulerClient: SchedulerClient;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Takes the messages of kind 'after-settled'; without it they stay in the outbox. */
  readonly afterSettled?: (body: unknown) => Promise<void>;
  /** Told of each acknowledged message: how long after its commit. */
  readonly onAcknowledged?: (kind: OutboxKind, ageMs: number) => void;
}

const BATCH_MAX: Readonly<Record<OutboxKind, number>> = {
  // The scheduler takes most of them in one transaction; the text is cut at a megabyte.
  callback: 500,
  'run-manifest': 1,
  'slice-settled': 200,
  'after-settled': 50,
};
/** How long an idle lane looks away when nobody wakes it: only for rows that another process wrote or postponed. */
const IDLE_MS = 500;

export function createOutboxSender(options: OutboxSenderOptions): OutboxSender {
  const kinds = OUTBOX_KINDS.filter((kind) => kind !== 'after-settled' || options.afterSettled !== undefined);
  const lanes = kinds.map((kind) => createLane(kind, options));

  const sender: OutboxSender = {
    start() {
      addOutboxWaker(options.store, sender.wake);
      for (const lane of lanes) lane.loop.start();
    },
    wake() {
      for (const lane of lanes) lane.loop.wake();
    },
    async sendDue(kind) {
      const lane = lanes[kinds.indexOf(kind)];
      return lane === undefined ? { acknowledged: 0, failed: 0, why: null } : await lane.sendDue();
    },
    async callbacksSent({ deadlineMs }) {
      const endMs = options.runtime.clock.monotonicMs() + deadlineMs;
      while ((await countMessages(options.store, lanesOf('callback', options))) > 0) {
        if (options.runtime.clock.monotonicMs() >= endMs) return false;
        sender.wake();
        await options.runtime.sleep(10);
      }
      return true;
    },
    async stop() {
      removeOutboxWaker(options.store, sender.wake);
      await Promise.all(lanes.map((lane) => lane.loop.stop(false)));
    },
  };
  return sender;
}

function createLane(kind: OutboxKind, options: OutboxSenderOptions) {
  const { store, runtime, logger } = options;
  let batchMax = BATCH_MAX[kind];
  let failures = 0;

  async function sendDue(): Promise<LaneReport> {
    const rows = await takeDueMessages(store, lanesOf(kind, options), batchMax, options.isShared?.() ?? false);
    if (rows.length === 0) return { acknowledged: 0, failed: 0, why: null };
    const delivery = await deliver(kind, rows, options);
    if (delivery.acknowledged.length > 0) {
      const nowMs = await deleteMessages(
        store,
        delivery.acknowledged.map((row) => row.id),
      );
      for (const row of delivery.acknowledged) options.onAcknowledged?.(kind, nowMs - row.created_at);
    }
    if (delivery.failed.length > 0) {
      await postponeMessages(store, delivery.failed, (tries) => backoffMs(tries + 1, runtime.random, PATIENCE));
    }
    // After a failure messages go one by one until one is taken: a message that the scheduler cannot take, and that
    // would spoil every batch it is in, then holds up only itself.
    batchMax = delivery.failed.length > 0 ? 1 : Math.min(BATCH_MAX[kind], batchMax * 2);
    return { acknowledged: delivery.acknowledged.length, failed: delivery.failed.length, why: delivery.why };
  }

  async function pass(stop: AbortSignal): Promise<{ more: boolean }> {
    const report = await sendDue();
    if (report.failed === 0) {
      if (failures > 0) logger.info({ kind, failures }, 'the outbox is heard again');
      failures = 0;
      return { more: report.acknowledged > 0 };
    }
    failures += 1;
    // Once per outage and then rarely: a line for every failure would drown the log.
    if (failures === 1 || failures % 60 === 0) {
      logger.warn({ kind, failures, why: report.why }, 'the outbox was not heard; it tries again');
    }
    // Waited out here, where no wake-up can cut it short: commits go on while the other side is down.
    await runtime.sleep(backoffMs(failures, runtime.random, PATIENCE), stop);
    return { more: true };
  }

  const loop = createLoop({
    name: `send-${kind}`,
    body: pass,
    intervalMs: IDLE_MS,
    runtime,
    logger,
    backoff: PATIENCE,
  });
  return { sendDue, loop };
}

/** Where the messages of a kind lie that this sender sends. */
function lanesOf(kind: OutboxKind, { group }: Pick<OutboxSenderOptions, 'group'>): readonly OutboxLane[] {
  return kind === 'callback' && group !== undefined ? [callbackLane(group), kind] : [kind];
}

interface Delivery {
  readonly acknowledged: readonly OutboxRow[];
  readonly failed: readonly OutboxRow[];
  readonly why: string | null;
}

async function deliver(
  kind: OutboxKind,
  rows: readonly OutboxRow[],
  { schedulerClient, afterSettled }: OutboxSenderOptions,
): Promise<Delivery> {
  const bodies = rows.map((row): unknown => JSON.parse(row.body));
  switch (kind) {
    case 'callback':
      return toDelivery(rows, await schedulerClient.callback(bodies as CallbackMessage[]));
    case 'run-manifest':
      return toDelivery(rows, await schedulerClient.runManifest(bodies[0] as RunManifest));
    case 'slice-settled':
      return toDelivery(rows, await schedulerClient.slicesSettled(bodies as SliceSettled[]));
    case 'after-settled':
      return await callEach(rows, bodies, afterSettled);
  }
}

function toDelivery(rows: readonly OutboxRow[], answer: Awaited<ReturnType<SchedulerClient['callback']>>): Delivery {
  switch (answer.kind) {
    case 'acknowledged':
      return { acknowledged: rows, failed: [], why: null };
    case 'refused':
      return { acknowledged: [], failed: rows, why: `${answer.by}: ${answer.code} ${answer.message}` };
    case 'unreachable':
      return { acknowledged: [], failed: rows, why: answer.why };
  }
}

/** One at a time and in order: what the application does after a settlement is its own, and may not run twice at once. */
async function callEach(
  rows: readonly OutboxRow[],
  bodies: readonly unknown[],
  afterSettled: OutboxSenderOptions['afterSettled'],
): Promise<Delivery> {
  const acknowledged: OutboxRow[] = [];
  const failed: OutboxRow[] = [];
  let why: string | null = null;
  for (const [index, row] of rows.entries()) {
    try {
      await afterSettled?.(bodies[index]);
      acknowledged.push(row);
    } catch (error) {
      failed.push(row);
      why = messageOf(error);
    }
  }
  return { acknowledged, failed, why };
}
