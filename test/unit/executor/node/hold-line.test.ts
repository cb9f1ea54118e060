import { expect, onTestFinished, test } from 'vitest';
import { createHoldLine } from '../../../../executor/node/hold-line.ts';
import type { VerbRoute } from '../../../../executor/node/http-node-server.ts';
import type { LineAnswer } from '../../../../executor/node/scheduler-client.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import type { HoldMessage } from '../../../../shared/protocol/hold.ts';
import { systemRuntime } from '../../../../shared/runtime/system-runtime.ts';

interface Question extends HoldMessage {
  answer(reply: LineAnswer): void;
}

/** A line whose scheduler is the test: it takes the questions one by one and answers them in any order. */
function given(verbs: Record<string, VerbRoute>) {
  const questions: Question[] = [];
  const waiting: (() => void)[] = [];
  const line = createHoldLine({
    line: {
      root: 'http://scheduler',
      hold: (message, signal) =>
        new Promise((resolve) => {
          questions.push({ ...message, answer: resolve });
          signal.addEventListener('abort', () => resolve({ kind: 'unreachable', why: 'closed' }));
          waiting.shift()?.();
        }),
    },
    holder: { group: 'orders', id: 'node-1', incarnation: 'first' },
    verbs,
    pollMs: 20_000,
    runtime: systemRuntime(),
    logger: silentLogger,
    onRequest: () => undefined,
  });
  onTestFinished(() => line.stop());
  line.start();
  let taken = 0;
  return {
    line,
    async next(): Promise<Question> {
      if (questions.length <= taken) await new Promise<void>((resolve) => waiting.push(resolve));
      return questions[taken++] as Question;
    },
  };
}

const held = (...ids: string[]): LineAnswer => ({
  kind: 'held',
  messages: ids.map((id) => ({ id, verb: 'beat' as const })),
  taken: false,
});
const ids = ({ answers }: HoldMessage) => answers.map(({ id }) => id);
const yes: VerbRoute = async () => ({ code: 200, msg: 'Success' });

test('the first question is answered at once, the next ones wait, and answers go with the next one', async () => {
  const it = given({ '/beat': yes });
  const first = await it.next();
  expect(first.waitMs).toBe(0);
  expect(it.line.isOpen).toBe(false);
  first.answer(held('a', 'b'));
  const second = await it.next();
  expect(second).toMatchObject({ waitMs: 20_000, answers: [{ id: 'a', answer: { code: 200 } }, { id: 'b' }] });
  expect(it.line.isOpen).toBe(true);
});

test('an answer is kept until a question that carried it was answered', async () => {
  const it = given({ '/beat': yes });
  (await it.next()).answer(held('a'));
  const lost = await it.next();
  expect(ids(lost)).toEqual(['a']);
  lost.answer({ kind: 'unreachable', why: 'reset' });
  const again = await it.next();
  expect(ids(again)).toEqual(['a']);
  again.answer(held());
  expect(ids(await it.next())).toEqual([]);
});

test('a message that comes twice is done once', async () => {
  let done = 0;
  const it = given({
    '/beat': async () => {
      done += 1;
      return { code: 200 };
    },
  });
  (await it.next()).answer(held('a', 'a'));
  const second = await it.next();
  expect(ids(second)).toEqual(['a']);
  expect(done).toBe(1);
});

test('what takes longer is answered by a question of its own, while another one waits', async () => {
  const slow = Promise.withResolvers<void>();
  const it = given({
    '/beat': async () => {
      await slow.promise;
      return { code: 200, msg: 'late' };
    },
  });
  (await it.next()).answer(held('a'));
  const waits = await it.next();
  expect(ids(waits)).toEqual([]);
  slow.resolve();
  const own = await it.next();
  expect(own).toMatchObject({ waitMs: 20_000, answers: [{ id: 'a', answer: { msg: 'late' } }] });
});

test('a verb that is not known, and one that throws, are answered as at a port', async () => {
  const it = given({
    '/kill': async () => {
      throw new Error('the store is away');
    },
  });
  (await it.next()).answer({
    kind: 'held',
    messages: [
      { id: 'a', verb: 'run' },
      { id: 'b', verb: 'kill' },
    ],
    taken: false,
  });
  const { answers } = await it.next();
  expect(answers.map(({ answer }) => answer.msg)).toEqual([
    'invalid request, uri-mapping(/run) not found.',
    'request error: the executor could not do it; its log says why',
  ]);
});
