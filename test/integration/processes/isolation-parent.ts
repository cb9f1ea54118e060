import { defineHandler } from '../../../executor/handler/define-handler.ts';
import { createHandlerHosts } from '../../../executor/handler/handler-hosts.ts';
import { readRunRequest } from '../../../executor/node/read-run-request.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { runRequest } from '../../support/given-executor.ts';

// A node to be killed: its handler blocks a process of its own. Prints what the handler logs, which is its pid.
const handler = defineHandler({
  name: 'block',
  isolation: 'process',
  module: new URL('../../support/isolated-handlers.ts', import.meta.url),
  exportName: 'block',
});
const hosts = createHandlerHosts([handler], {
  runtime: systemRuntime(),
  logger: silentLogger,
  executorAddress: 'http://127.0.0.1:9999/',
  stopGraceMs: 10_000,
});
const line = (text: string) => void process.stdout.write(`${text}\n`);
await hosts.hostOf(handler).run({
  attempt: readRunRequest(runRequest(), 'UTC'),
  signal: new AbortController().signal,
  log: { info: line, warn: line, error: line },
});
