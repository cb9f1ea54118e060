import { expect, test } from 'vitest';
import { passOnLine } from '../../../../executor/workers/pass-on-line.ts';
import { createLogger } from '../../../../shared/logger.ts';
import { loggedLines } from '../../../support/logged-lines.ts';

/** What a logger in a worker process writes. */
function written(): { readonly worker: ReturnType<typeof createLogger>; readonly texts: string[] } {
  const texts: string[] = [];
  const destination = { write: (line: string) => void texts.push(line.trimEnd()) };
  return { worker: createLogger({ name: 'executor', level: 'debug', destination }).child({ worker: 1 }), texts };
}

test('a line of a worker process keeps its level, its fields and its error, and says which worker it was', () => {
  const { worker, texts } = written();
  worker.debug('looks');
  worker.info({ runId: 7 }, 'waiting for --gateway');
  worker.warn('slow');
  worker.error({ err: new Error('the store is away') }, 'a pass failed');
  const { logger, lines } = loggedLines();
  for (const text of texts) passOnLine(logger, 1, 'warn', text);
  expect(lines.map(({ level, msg, worker: index }) => [level, msg, index])).toEqual([
    ['debug', 'looks', 1],
    ['info', 'waiting for --gateway', 1],
    ['warn', 'slow', 1],
    ['error', 'a pass failed', 1],
  ]);
  expect(lines[1]).toMatchObject({ runId: 7 });
  expect(lines[3]).toMatchObject({ err: { type: 'Error', message: 'the store is away' } });
});

test.each([
  '(node:12) Warning: something is deprecated',
  '{"level":"info"}',
  '{"level":"loud","msg":"x"}',
  '{"level":"info","msg":"cut of',
  '',
])('what no logger of ours wrote goes on as it is: %j', (text) => {
  const { logger, lines } = loggedLines();
  passOnLine(logger, 3, 'warn', text);
  expect(lines).toMatchObject([{ level: 'warn', msg: text, worker: 3 }]);
});
