import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { HELD_MESSAGES_MAX, type HeldAnswer, type HeldMessage } from '../../shared/protocol/hold.ts';
import { CODE_FAIL, type Envelope } from '../../shared/protocol/wire.ts';
import { backoffMs } from '../../shared/runtime/backoff.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { fail, type VerbRoute } from './http-node-server.ts';
import { PATIENCE } from './patience.ts';
import type { LineAnswer, SchedulerLine } from './scheduler-client.ts';
import { pause } from './store-outcome.ts';

/** Who holds the line, as it says in each question. */
export interface LineHolder {
  readonly group: string;
  readonly id: string;
  readonly incarnation: string;
}

export interface HoldLineOptions {
  readonly line: SchedulerLine;
  readonly holder: LineHolder;
  /** What a scheduler may ask, by its path: filled when there is something behind it. */
  readonly verbs: Readonly<Record<string, VerbRoute>>;
  /** How long one question waits for messages. */
  readonly pollMs: number;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly onRequest: (route: string, outcome: 'answered' | 'refused') => void;
}

/** One node's line to one scheduler. */
export interface HoldLine {
  readonly isOpen: boolean;
  start(): void;
  /** Resolves when the scheduler has answered once, so that it counts on this line; or when it was tried in vain. */
  readonly tried: Promise<void>;
  stop(): Promise<void>;
}

/** What is done this soon is answered with the very next question; what takes longer has a question of its own. */
const QUICK_MS = 25;
/** Beyond so many at once an answer waits for one of them to end. */
const ASKING_MAX = 4;
/** Who has the same id is another node: both would go on taking the line from each other. */
const TAKEN_PAUSE_MS = 5_000;
/** What goes with one question: a scheduler takes 16 MiB, and a log page alone may be 2. */
const ANSWERS_CHARS_MAX = 2 * 1_048_576;

interface Ready extends HeldAnswer {
  readonly chars: number;
}

/**
 * Asks one scheduler again and again for messages, does what they say, and takes the answers along with the next
 * question. An answer that is ready while a question waits at the scheduler goes with a new one, which ends the other
 * there. An answer is kept until a question that carried it was answered, so a cut line loses none.
 */
export function createHoldLine(options: HoldLineOptions): HoldLine {
  const { line, holder, verbs, runtime, logger } = options;
  const stopping = new AbortController();
  const ready = new Map<string, Ready>();
  const onTheirWay = new Set<string>();
  const inHand = new Map<string, Promise<void>>();
  const tried = Promise.withResolvers<void>();
  let nudge = Promise.withResolvers<void>();
  let running: Promise<void> | null = null;
  let open = false;
  let failures = 0;
  /** Questions that wait at the scheduler now; all but the newest are about to be ended by it. */
  let asking = 0;

  async function handle({ id, verb, body }: HeldMessage): Promise<void> {
    const path = `/${verb}`;
    const answer = await answerTo(path, body);
    options.onRequest(path, answer.code === CODE_FAIL ? 'refused' : 'answered');
    ready.set(id, { id, answer, chars: JSON.stringify(answer).length });
    inHand.delete(id);
    carryUnsent();
  }

  /** With a new question, where the ones that wait have left without it. */
  function carryUnsent(): void {
    if (asking > 0 && asking < ASKING_MAX && hasUnsent()) nudge.resolve();
  }

  const hasUnsent = (): boolean => [...ready.keys()].some((id) => !onTheirWay.has(id));

  async function answerTo(path: string, body: unknown): Promise<Envelope> {
    const route = Object.hasOwn(verbs, path) ? verbs[path] : undefined;
    if (route === undefined) return fail(`invalid request, uri-mapping(${path}) not found.`);
    try {
      return await route(body ?? null);
    } catch (err) {
      logger.error({ err, route: path }, 'a message could not be answered');
      return fail('request error: the executor could not do it; its log says why');
    }
  }

  /** The answers that no question carries yet, as many as one may. */
  function takeAnswers(): Ready[] {
    const taken: Ready[] = [];
    let chars = 0;
    for (const answer of ready.values()) {
      if (onTheirWay.has(answer.id)) continue;
      chars += answer.chars;
      if (taken.length > 0 && (taken.length >= HELD_MESSAGES_MAX || chars > ANSWERS_CHARS_MAX)) break;
      taken.push(answer);
      onTheirWay.add(answer.id);
    }
    return taken;
  }

  async function ask(waitMs: number): Promise<LineAnswer> {
    const answers = takeAnswers();
    const told = answers.map(({ id, answer }) => ({ id, answer }));
    asking += 1;
    const message = { ...holder, waitMs: hasUnsent() ? 0 : waitMs, answers: told };
    const reply = await line.hold(message, stopping.signal);
    asking -= 1;
    for (const { id } of answers) {
      onTheirWay.delete(id);
      // A refusal is an answer too: nobody there waits for what it carried.
      if (reply.kind !== 'unreachable') ready.delete(id);
    }
    carryUnsent();
    return reply;
  }

  /** One question, and all that comes of it. Resolves when the next one is due. */
  async function turn(waitMs: number): Promise<void> {
    const reply = await ask(waitMs);
    note(reply);
    if (reply.kind !== 'held') {
      await pause(runtime, backoffMs(failures, runtime.random, PATIENCE), stopping.signal);
      return;
    }
    for (const message of reply.messages) {
      // The same message twice is one message; what was answered is answered again by its own number.
      if (!inHand.has(message.id) && !ready.has(message.id)) inHand.set(message.id, handle(message));
    }
    if (reply.taken) await pause(runtime, TAKEN_PAUSE_MS, stopping.signal);
    else if (reply.messages.length > 0) await quickly(reply.messages);
  }

  async function quickly(messages: readonly HeldMessage[]): Promise<void> {
    const over = new AbortController();
    const done = Promise.all(messages.map(({ id }) => inHand.get(id)));
    await Promise.race([done, pause(runtime, QUICK_MS, AbortSignal.any([over.signal, stopping.signal]))]);
    over.abort();
  }

  function note(reply: LineAnswer): void {
    const { root } = line;
    const wasOpen = open;
    open = reply.kind === 'held' && !reply.taken;
    tried.resolve();
    if (stopping.signal.aborted) return;
    failures = reply.kind === 'held' ? 0 : failures + 1;
    if (reply.kind === 'held' && reply.taken) {
      logger.error(
        { root, id: holder.id },
        'another node holds a line with the id of this one: give one of them another',
      );
    } else if (open && !wasOpen) {
      logger.info({ root }, 'a line to the scheduler is held');
    } else if (wasOpen && !open) {
      const why = reply.kind === 'refused' ? reply.message : reply.kind === 'unreachable' ? reply.why : '';
      logger.warn({ root, why }, 'the line to the scheduler is lost; it is tried again');
    }
  }

  async function go(): Promise<void> {
    // The first is answered at once: from then on the scheduler counts on this line.
    await turn(0);
    while (!stopping.signal.aborted) {
      nudge = Promise.withResolvers<void>();
      await Promise.race([turn(options.pollMs), nudge.promise]);
    }
  }

  return {
    get isOpen() {
      return open;
    },
    tried: tried.promise,
    start() {
      running ??= go().catch((error: unknown) => {
        logger.error({ why: messageOf(error), root: line.root }, 'a held line ended by an error');
      });
    },
    async stop() {
      stopping.abort(new DOMException('the line is closed', 'AbortError'));
      nudge.resolve();
      await running;
      open = false;
    },
  };
}
