import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createExecutor } from '../../executor/create-executor.ts';
import { silentLogger } from '../../shared/logger.ts';
import { removeDir, TEST_TOKEN, tempDir } from '../support/given-executor.ts';
import { nightBench } from '../support/night-command.ts';

/** Answers like a scheduler that lives, and has the port that an executor wants. */
let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

test('an executor whose port is taken says so, and can be stopped all the same', async () => {
  const dataDir = await tempDir();
  const schedulers = [`http://127.0.0.1:${port}`];
  const options = { appname: 'orders', handlers: [], schedulers, accessToken: TEST_TOKEN, dataDir, port };
  const executor = createExecutor({ ...options, logger: silentLogger });
  await expect(executor.start()).rejects.toMatchObject({ code: 'BAD_OPTION' });
  await executor.stop();
  await removeDir(dataDir);
});

test('the command names the option, and nothing of what was closed', { timeout: 120_000 }, async () => {
  const bench = nightBench();
  const handlers = join(bench.dir, 'handlers.mjs');
  writeFileSync(handlers, 'export const handlers = [{ name: "greet", run: async () => null }];\n');
  const ended = await bench.run(
    [
      'executor',
      '--group',
      'orders',
      '--handlers',
      handlers,
      '--port',
      String(port),
      '--data-dir',
      join(bench.dir, 'x'),
    ].concat(['--schedulers', `http://127.0.0.1:${port}`]),
    { DAYBREAK_ACCESS_TOKEN: TEST_TOKEN },
  );
  expect(ended.stderr).toContain(`daybreak: --port ${port} is taken on 127.0.0.1: name another`);
  expect(ended.stderr).not.toContain('while closing');
  expect(ended.code).toBe(2);
  bench.remove();
});
