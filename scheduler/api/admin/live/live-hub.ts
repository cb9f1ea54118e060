import type { SchedulerContext } from '../../../scheduler-context.ts';
import { topicStates } from '../../../storage/sql/admin-live-queries.ts';
import type { StreamEvent } from '../contract/stream-routes.ts';

/** Somebody who watches: gets events of their topics until they leave. */
export interface Watcher {
  readonly who: string;
  readonly topics: readonly string[];
  send(event: StreamEvent, id: string): void;
  end(): void;
}

export interface LiveHub {
  /** Whether one more may watch: a principal through so many streams, and so many in all. */
  hasRoom(who: string): boolean;
  /** Begins to watch, with what was missed since an event. Returns how to leave. */
  join(watcher: Watcher, lastEventId: string | null): () => void;
  close(): void;
}

const LOOK_EVERY_MS = 1_000;
const STREAMS_PER_PRINCIPAL_MAX = 20;
const STREAMS_MAX = 500;
const REMEMBERED_MAX = 1_000;

/**
 * Tells watchers that something changed. It looks at the store once a second, for all of them together and only while
 * somebody watches: so a change by another scheduler of the cluster is seen like one of this process, and nothing is lost
 * with a message. What changed is found by comparing a short state per topic with that of the look before. A topic that
 * nobody watched until now is told at its first look: what changed between a page's own read and that look is in no state.
 */
export function createLiveHub(ctx: SchedulerContext): LiveHub {
  const watchers = new Set<Watcher>();
  const states = new Map<string, string>();
  const remembered: { readonly id: number; readonly event: StreamEvent }[] = [];
  const hub = ctx.runtime.random.ulid();
  let lastId = 0;
  let stopping: AbortController | null = null;

  function tell(topic: string, atMs: number): void {
    lastId += 1;
    const event: StreamEvent = { topic, atMs, kind: 'changed', id: idOf(topic) };
    remembered.push({ id: lastId, event });
    if (remembered.length > REMEMBERED_MAX) remembered.shift();
    for (const watcher of watchers) if (watcher.topics.includes(topic)) watcher.send(event, `${hub}-${lastId}`);
  }

  async function look(): Promise<void> {
    const topics = [...new Set([...watchers].flatMap(({ topics }) => topics))];
    const { nowMs, found } = await ctx.store.read('watch-topics', async (db) => ({
      nowMs: db.nowMs,
      found: await topicStates(db, topics),
    }));
    for (const topic of states.keys()) if (!topics.includes(topic)) states.delete(topic);
    for (const [topic, state] of found) {
      const before = states.get(topic);
      states.set(topic, state);
      if (before !== state) tell(topic, nowMs);
    }
  }

  async function watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await look();
        await ctx.runtime.sleep(LOOK_EVERY_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        ctx.logger.warn({ err: error }, 'a look for live changes failed; the next one follows');
        await ctx.runtime.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
      }
    }
  }

  function catchUp(watcher: Watcher, lastEventId: string | null): void {
    if (lastEventId === null) return;
    const [from, number] = [lastEventId.slice(0, lastEventId.lastIndexOf('-')), Number(lastEventId.split('-').at(-1))];
    const oldest = remembered[0]?.id ?? lastId + 1;
    if (from !== hub || !Number.isInteger(number) || number < oldest - 1) {
      const atMs = remembered.at(-1)?.event.atMs ?? 0;
      watcher.send({ topic: '*', atMs, kind: 'reset', id: null }, `${hub}-${lastId}`);
      return;
    }
    for (const { id, event } of remembered) {
      if (id > number && watcher.topics.includes(event.topic)) watcher.send(event, `${hub}-${id}`);
    }
  }

  return {
    hasRoom(who) {
      const own = [...watchers].filter((watcher) => watcher.who === who);
      return own.length < STREAMS_PER_PRINCIPAL_MAX && watchers.size < STREAMS_MAX;
    },
    join(watcher, lastEventId) {
      watchers.add(watcher);
      catchUp(watcher, lastEventId);
      if (stopping === null) {
        stopping = new AbortController();
        void watch(stopping.signal);
      }
      return () => {
        watchers.delete(watcher);
        if (watchers.size > 0) return;
        stopping?.abort();
        stopping = null;
      };
    },
    close() {
      stopping?.abort();
      stopping = null;
      for (const watcher of [...watchers]) watcher.end();
      watchers.clear();
    },
  };
}

/** Of `run:17` the 17. */
function idOf(topic: string): number | string | null {
  const at = topic.indexOf(':');
  if (at < 0) return null;
  const id = topic.slice(at + 1);
  return /^\d{1,15}$/.test(id) ? Number(id) : id;
}
