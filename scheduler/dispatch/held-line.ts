import type { HeldAnswer, HeldMessage, HeldVerb } from '../../shared/protocol/hold.ts';
import type { Envelope } from '../../shared/protocol/wire.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';

/** What became of a message to an executor that holds a line. */
export type Carried =
  | { readonly kind: 'answered'; readonly answer: Envelope }
  /** It certainly did not leave: nobody asked for it. */
  | { readonly kind: 'unreachable'; readonly why: string }
  /** It was written, and no answer came: it may have arrived. */
  | { readonly kind: 'unclear'; readonly why: string };

/** One question of the executor: what it answers, and how long it waits for messages. */
export interface Poll {
  readonly waitMs: number;
  readonly answers: readonly HeldAnswer[];
  /** Aborts when the executor's connection ends. */
  readonly signal: AbortSignal;
}

/** The line of one process of one executor. */
export interface HeldLine {
  readonly incarnation: string;
  readonly signed: boolean;
  /** Whether a question waits here, or one did a moment ago. */
  readonly isThere: boolean;
  poll(poll: Poll): Promise<readonly HeldMessage[]>;
  send(verb: HeldVerb, body: unknown, timeoutMs: number): Promise<Carried>;
  /** What has not left will not; what has may have arrived. */
  end(why: string): void;
}

export interface HeldLineOptions {
  readonly incarnation: string;
  readonly signed: boolean;
  /** Names messages, so that an answer to another process of the scheduler is not taken for one of this. */
  nextId(): string;
  readonly runtime: Pick<Runtime, 'clock' | 'sleep' | 'yieldTurn'>;
  readonly limits: HeldLimits;
}

export interface HeldLimits {
  /** From the end of one question to the next the line still counts: the executor is at work, or comes back. */
  readonly gapMs: number;
  /** What may wait for the next question. */
  readonly queueMax: number;
  readonly queueBytesMax: number;
  /** What one answer carries; a single message may be larger. */
  readonly batchMax: number;
  readonly batchBytesMax: number;
}

interface Pending extends HeldMessage {
  readonly bytes: number;
  readonly timeoutMs: number;
  /** The number of the question that it was the answer to; null: it waits. */
  writtenTo: number | null;
  /** Ends the wait for what comes next: its way out, then its answer. */
  limit: AbortController;
  resolve(carried: Carried): void;
}

export function createHeldLine(options: HeldLineOptions): HeldLine {
  const { runtime, limits } = options;
  const pending = new Map<string, Pending>();
  let queue: Pending[] = [];
  let queueBytes = 0;
  let open: { resolve(messages: readonly HeldMessage[]): void } | null = null;
  let polls = 0;
  let seenAtMs = runtime.clock.monotonicMs();
  let flushing = false;
  let ended: string | null = null;

  const isThere = (): boolean =>
    ended === null && (open !== null || runtime.clock.monotonicMs() - seenAtMs < limits.gapMs);

  function takeBatch(): HeldMessage[] {
    let bytes = 0;
    let count = 0;
    for (const message of queue) {
      bytes += message.bytes;
      if (count > 0 && (count >= limits.batchMax || bytes > limits.batchBytesMax)) break;
      count += 1;
    }
    const batch = queue.slice(0, count);
    queue = queue.slice(count);
    for (const message of batch) {
      queueBytes -= message.bytes;
      message.writtenTo = polls;
      giveUpAfter(message, message.timeoutMs);
    }
    return batch.map(({ id, verb, body }) => ({ id, verb, ...(body === undefined ? {} : { body }) }));
  }

  /** A turn later, so that a burst goes out together. */
  async function flush(): Promise<void> {
    if (flushing) return;
    flushing = true;
    await runtime.yieldTurn();
    flushing = false;
    if (open !== null && queue.length > 0) open.resolve(takeBatch());
  }

  function giveUpAfter(message: Pending, ms: number): void {
    message.limit.abort();
    message.limit = new AbortController();
    runtime.sleep(ms, message.limit.signal).then(
      () => giveUp(message),
      () => undefined,
    );
  }

  function giveUp(message: Pending): void {
    if (message.writtenTo === null) {
      drop(message);
      settle(message, { kind: 'unreachable', why: 'the executor did not come for it' });
      return;
    }
    settle(message, { kind: 'unclear', why: `no answer within ${message.timeoutMs} ms` });
    // A process that lives asks again as soon as it has been answered: this line leads nowhere any more.
    if (polls === message.writtenTo) end('the executor does not answer');
  }

  function drop(message: Pending): void {
    queue = queue.filter((one) => one !== message);
    queueBytes -= message.bytes;
  }

  function settle(message: Pending, carried: Carried): void {
    pending.delete(message.id);
    message.limit.abort();
    message.resolve(carried);
  }

  function end(why: string): void {
    ended = why;
    open?.resolve([]);
    queue = [];
    queueBytes = 0;
    for (const message of pending.values()) {
      settle(message, { kind: message.writtenTo === null ? 'unreachable' : 'unclear', why });
    }
  }

  async function wait({ waitMs, signal }: Poll): Promise<readonly HeldMessage[]> {
    const answered = Promise.withResolvers<readonly HeldMessage[]>();
    const mine = { resolve: answered.resolve };
    open = mine;
    const over = new AbortController();
    const nobody = () => answered.resolve([]);
    void runtime.sleep(waitMs, AbortSignal.any([signal, over.signal])).then(nobody, nobody);
    const messages = await answered.promise;
    over.abort();
    if (open === mine) open = null;
    seenAtMs = runtime.clock.monotonicMs();
    return messages;
  }

  return {
    incarnation: options.incarnation,
    signed: options.signed,
    get isThere() {
      return isThere();
    },
    async poll(poll) {
      for (const { id, answer } of poll.answers) {
        const message = pending.get(id);
        if (message !== undefined) settle(message, { kind: 'answered', answer });
      }
      // A newer question is where the executor listens now.
      open?.resolve([]);
      if (ended !== null) return [];
      polls += 1;
      seenAtMs = runtime.clock.monotonicMs();
      if (queue.length > 0) return takeBatch();
      return poll.waitMs === 0 || poll.signal.aborted ? [] : await wait(poll);
    },
    async send(verb, body, timeoutMs) {
      if (!isThere()) return { kind: 'unreachable', why: ended ?? 'the executor holds no line to this scheduler' };
      const bytes = body === undefined ? 0 : Buffer.byteLength(JSON.stringify(body));
      if (queue.length >= limits.queueMax || (queue.length > 0 && queueBytes + bytes > limits.queueBytesMax)) {
        return { kind: 'unreachable', why: `${queue.length} messages wait for this executor already` };
      }
      const { promise, resolve } = Promise.withResolvers<Carried>();
      const message: Pending = {
        id: options.nextId(),
        verb,
        ...(body === undefined ? {} : { body }),
        bytes,
        timeoutMs,
        writtenTo: null,
        limit: new AbortController(),
        resolve,
      };
      pending.set(message.id, message);
      queue.push(message);
      queueBytes += bytes;
      giveUpAfter(message, Math.min(timeoutMs, limits.gapMs));
      void flush();
      return await promise;
    },
    end,
  };
}
