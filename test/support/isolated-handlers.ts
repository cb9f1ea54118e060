import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { Type } from 'typebox';
import { defineHandler } from '../../executor/handler/define-handler.ts';
import type { HandlerContext } from '../../executor/handler/handler-context.ts';

/** What runs inside threads and processes in the tests. Each export is loaded by its name. */

const place = () => ({ pid: process.pid, threadId });

/** What of the context arrives. */
export default async function tell(ctx: HandlerContext) {
  ctx.log.info('told by the log');
  console.log('printed 商户');
  console.error('printed as an error');
  const stream = ctx.log.stream('warn');
  stream.write('streamed');
  await new Promise<void>((resolve) => stream.end(resolve));
  const { shardIndex, shardTotal, param, logId, businessDate, executorAddress, params } = ctx;
  const owns = [0, 1, 2, 'a'].map((key) => ctx.owns(key));
  return {
    ...place(),
    shardIndex,
    shardTotal,
    param,
    params: params ?? null,
    logId,
    businessDate,
    executorAddress,
    owns,
  };
}

export const fail = async () => {
  throw Object.assign(new Error('the file is cut', { cause: new Error('short read') }), {
    code: 'PLAN_FILE_REFUSED',
    retryable: false,
  });
};

/** Heeds its signal by returning early. */
export const early = async (ctx: HandlerContext) => {
  ctx.log.info('began');
  await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
  return { done: 3, why: (ctx.signal.reason as Error).message };
};

export const block = async (ctx: HandlerContext) => {
  ctx.log.info(`pid ${process.pid}`);
  // The line has to leave this thread before it never does anything else.
  await new Promise((resolve) => setImmediate(resolve));
  for (;;);
};

/** Blocks, with a child of its own beside it. */
export const blockWithChild = async (ctx: HandlerContext) => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  ctx.log.info(`child ${child.pid}`);
  return await block(ctx);
};

export const exit = async () => process.exit(3);

export const throwLater = async () => {
  setTimeout(() => {
    throw new Error('from a timer');
  }, 1);
  return await new Promise<never>(() => undefined);
};

export const eatMemory = async () => {
  const kept: object[] = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
};

let inits = 0;

/** Names itself: the same file is the handler's definition and what runs in the process. */
export const withHooks = defineHandler({
  name: 'with-hooks',
  isolation: 'process',
  module: import.meta.url,
  exportName: 'withHooks',
  params: Type.Object({ file: Type.String(), limit: Type.Integer({ default: 7 }) }),
  init() {
    inits += 1;
  },
  async run({ params }) {
    file = params.file;
    return { ...place(), inits, limit: params.limit };
  },
  destroy() {
    writeFileSync(file, `destroyed in ${process.pid}`);
  },
});
let file = '';

export const notAHandler = 5;
