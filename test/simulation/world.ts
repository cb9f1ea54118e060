import { setImmediate as immediate } from 'node:timers/promises';
import type { Random, Runtime } from '../../shared/runtime/runtime.ts';
import { seededRandom } from '../../shared/runtime/seeded-random.ts';

/** One incarnation of a process. Once it is dead, nothing that it asked of the world is ever answered. */
export interface Life {
  readonly name: string;
  readonly alive: boolean;
  kill(): void;
  onKill(act: () => void): void;
}

/** One queue of events in virtual time, one seed, one trace. */
export interface World {
  /** The true time, epoch ms. No process sees it: each has a clock of its own. */
  readonly nowMs: number;
  readonly random: Random;
  readonly trace: readonly string[];
  readonly events: number;
  note(line: string): void;
  /** Returns how to take it back. */
  after(ms: number, act: () => void): () => void;
  runUntil(epochMs: number): Promise<void>;
  life(name: string): Life;
  runtime(life: Life, options: { wallOffsetMs: () => number }): Runtime;
}

interface Event {
  readonly atMs: number;
  readonly sequence: number;
  readonly act: () => void;
  cancelled: boolean;
}

export function createWorld(options: { seed: string; startMs: number }): World {
  const { seed, startMs } = options;
  const events = new EventQueue();
  const trace: string[] = [];
  const random = seededRandom(seed);
  let nowMs = startMs;
  let sequence = 0;
  let lives = 0;
  let done = 0;

  const world: World = {
    get nowMs() {
      return nowMs;
    },
    random,
    trace,
    get events() {
      return done;
    },
    note: (line) => void trace.push(`${nowMs - startMs} ${line}`),
    after(ms, act) {
      const event: Event = { atMs: nowMs + Math.max(0, Math.ceil(ms)), sequence: sequence++, act, cancelled: false };
      events.push(event);
      return () => {
        event.cancelled = true;
      };
    },
    async runUntil(epochMs) {
      for (let next = events.upTo(epochMs); next !== null; next = events.upTo(epochMs)) {
        if (next.cancelled) continue;
        nowMs = next.atMs;
        done += 1;
        next.act();
        // A macrotask drains every chain of promises, since nothing in here waits for the world outside.
        await immediate();
      }
      nowMs = epochMs;
    },
    life(name) {
      let alive = true;
      const acts: (() => void)[] = [];
      return {
        name,
        get alive() {
          return alive;
        },
        kill() {
          if (!alive) return;
          alive = false;
          world.note(`${name} is dead`);
          for (const act of acts) act();
        },
        onKill: (act) => void acts.push(act),
      };
    },
    runtime: (life, { wallOffsetMs }) => {
      lives += 1;
      return nodeRuntime(world, life, { wallOffsetMs, startMs, seed: `${seed} ${life.name} ${lives}` });
    },
  };
  return world;
}

function nodeRuntime(
  world: World,
  life: Life,
  options: { wallOffsetMs: () => number; startMs: number; seed: string },
): Runtime {
  const wallMs = () => world.nowMs + options.wallOffsetMs();
  const wait = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = () => {
        takeBack();
        if (life.alive) reject(signal?.reason);
      };
      const takeBack = world.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        if (life.alive) resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  return {
    clock: { wallMs, monotonicMs: () => world.nowMs - options.startMs },
    random: seededRandom(options.seed, wallMs),
    sleep: wait,
    yieldTurn: () => wait(0),
    deadline(ms, parent) {
      const controller = new AbortController();
      world.after(ms, () => controller.abort(new DOMException('The operation timed out', 'TimeoutError')));
      return parent === undefined ? controller.signal : AbortSignal.any([parent, controller.signal]);
    },
  };
}

/** A heap by time, then by the order in which they were asked for. */
class EventQueue {
  readonly #heap: Event[] = [];

  push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent] as Event, event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  /** The next one that is due by then, cancelled ones too. */
  upTo(epochMs: number): Event | null {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.atMs > epochMs) return null;
    const last = heap.pop() as Event;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (isBefore(event, heap[child] as Event)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = event;
  }
}

const isBefore = (one: Event, other: Event): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence);
