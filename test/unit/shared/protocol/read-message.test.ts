import { describe, expect, test } from 'vitest';
import { messageReader, peerMessageReader } from '../../../../shared/protocol/read-message.ts';
import { CallbackSchema, KillSchema, RunManifestSchema, RunRequestSchema } from '../../../../shared/protocol/wire.ts';

describe('a message of a Java peer', () => {
  const read = peerMessageReader(RunRequestSchema);
  const least = { jobId: 7, executorHandler: 'h', logId: 91, logDateTime: 1_767_225_600_000 };

  test('has 0 for a number and nothing for a word that was left out', () => {
    expect(read({ executorHandler: 'h' })).toEqual({
      kind: 'message',
      message: { jobId: 0, executorHandler: 'h', logId: 0, logDateTime: 0 },
    });
    expect(peerMessageReader(CallbackSchema)({})).toEqual({ kind: 'message', message: { logId: 0 } });
  });

  test('may say null for what is not there, and hold fields that nobody knows', () => {
    const message = { ...least, executorParams: null, deadlineAtMs: null, glueUpdatetime: null, tomorrow: [1] };
    expect(read(message)).toEqual({ kind: 'message', message: { ...least, tomorrow: [1] } });
  });

  test.each<[string, object, string]>([
    ['a job id of more than 32 bits', { jobId: 2 ** 31 }, '"jobId" must be <= 2147483647'],
    ['a log id that a double cannot hold', { logId: 2 ** 53 }, '"logId" must be <= 9007199254740991'],
    ['text for a number', { jobId: '7' }, '"jobId" must be integer'],
    ['a fraction', { logId: 1.5 }, '"logId" must be integer'],
  ])('is refused with %s, in words that name it', (_, differing, why) => {
    expect(read({ ...least, ...differing })).toEqual({ kind: 'wrong', why });
  });

  test.each([null, [], 'text', 7])('is an object, not %j', (value) => {
    expect(read(value)).toEqual({ kind: 'wrong', why: 'the body must be object' });
  });

  test('takes the largest ids that both sides can hold', () => {
    expect(peerMessageReader(KillSchema)({ jobId: 2 ** 31 - 1, logId: 2 ** 53 - 1 }).kind).toBe('message');
  });
});

test('a message of our own says everything: a missing count is an error, not 0', () => {
  const read = messageReader(RunManifestSchema);
  expect(read({ runId: 5, totals: [] })).toEqual({ kind: 'wrong', why: '"sliceCount" is missing' });
  expect(read({ runId: 5, sliceCount: 0, totals: [] }).kind).toBe('message');
});
