import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { findProgram } from '../../run/find-program.ts';
import { keepServer } from '../../run/keep-server.ts';
import { canConnect, startMariadb, startRedis } from '../../run/private-servers.ts';
import { plantTree } from '../../support/planted-tree.ts';

const REDIS = findProgram(['redis-server', 'valkey-server']);
const MARIADB = findProgram(['mariadbd', 'mysqld']);

const endpointOf = (address: string) => ({ host: '127.0.0.1', port: Number(new URL(address).port) });

test.skipIf(MARIADB === null)(
  'a private MariaDB takes root without a password, and is gone when it is stopped',
  async () => {
    const server = await startMariadb();
    if (server === null) throw new Error('not started');
    const connection = await createConnection({ uri: server.address });
    const [rows] = await connection.query('select 40 + 2 as answer');
    await connection.end();
    expect(rows).toEqual([{ answer: 42 }]);
    await server.stop();
    expect(await canConnect(endpointOf(server.address))).toBe(false);
  },
);

test.skipIf(REDIS === null)('a private Redis answers, and is gone when it is stopped', async () => {
  const server = await startRedis();
  if (server === null) throw new Error('not started');
  expect(await canConnect(endpointOf(server.address))).toBe(true);
  await server.stop();
  expect(await canConnect(endpointOf(server.address))).toBe(false);
});

test.skipIf(REDIS === null)('a private server ends with a run that is killed with -9', async () => {
  const privateServers = new URL('../../run/private-servers.ts', import.meta.url);
  const script = `const { startRedis } = await import('${privateServers}');
    console.log((await startRedis()).address); setInterval(() => {}, 1000);`;
  const run = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(run.stdout, 'data')) as [Buffer];
  const endpoint = endpointOf(String(said).trim());
  expect(await canConnect(endpoint)).toBe(true);
  run.kill('SIGKILL');
  await expect.poll(() => canConnect(endpoint), { timeout: 30_000 }).toBe(false);
});

test('a server that does not start is named, with the end of what it said', async () => {
  const folder = plantTree({ 'data/x': '' });
  const command = [process.execPath, '-e', "console.error('no room'); process.exit(3)"];
  await expect(keepServer({ command, folder, isReady: async () => false })).rejects.toThrow(
    /did not start: [\s\S]*no room/,
  );
});

test('a server that is stopped takes its folder with it', async () => {
  const folder = plantTree({ 'data/x': '' });
  const command = [process.execPath, '-e', 'setInterval(() => {}, 1000)'];
  const kept = await keepServer({ command, folder, isReady: async () => existsSync(join(folder, 'log')) });
  await kept.stop();
  expect(existsSync(folder)).toBe(false);
});
