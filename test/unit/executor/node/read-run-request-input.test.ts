import { expect, test } from 'vitest';
import { createHandlerContext } from '../../../../executor/handler/create-handler-context.ts';
import { readRunRequest } from '../../../../executor/node/read-run-request.ts';
import type { RunRequest } from '../../../../shared/protocol/wire.ts';

const request: RunRequest = { jobId: 7, executorHandler: 'import', logId: 91, logDateTime: 1_767_225_600_000 };
const contextOf = (asked: RunRequest) =>
  createHandlerContext(readRunRequest(asked, 'UTC'), {
    executorAddress: 'http://127.0.0.1:9999/',
    signal: new AbortController().signal,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });

test('the file that a run waited for comes with the request, and is null when it waited for none', () => {
  const input = { path: '/in/plans.csv', bytes: 10, changedAtMs: 7, sha256: 'ab' };
  expect(contextOf({ ...request, input }).input).toEqual(input);
  expect(contextOf(request).input).toBeNull();
});
