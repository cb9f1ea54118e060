import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Bench, nightBench, type Started } from '../support/night-command.ts';

const JOBS = `export const jobs = [
  { id: 1, name: 'greet', handler: 'greet', group: 'orders', route: 'ROUND', block: 'PARALLEL' },
];
`;
const HANDLERS = "export const handlers = [{ name: 'greet', run: async () => null }];\n";

let bench: Bench;
beforeAll(() => {
  bench = nightBench();
  for (const name of ['right', 'wrong']) writeFileSync(join(bench.dir, name), randomBytes(32).toString('hex'));
  writeFileSync(join(bench.dir, 'jobs.mjs'), JOBS);
  writeFileSync(join(bench.dir, 'handlers.mjs'), HANDLERS);
});
afterAll(() => bench.remove());

const scheduler = (port: number) =>
  bench.start([
    ...['scheduler', '--store', `sqlite:${port}.db`, '--jobs', 'jobs.mjs', '--no-admin'],
    ...['--port', String(port), '--access-token-file', 'right'],
  ]);
const executor = (name: string, schedulers: string, token: string) =>
  bench.start([
    ...['executor', '--group', 'orders', '--handlers', 'handlers.mjs', '--port', '0', '--heartbeat-ms', '1000'],
    ...['--data-dir', name, '--schedulers', schedulers, '--access-token-file', token, '--wait', '240'],
  ]);
const GETS_NONE = /executor at (\S+) gets no runs: (.*)\. It tries again and again/;
const IS_UP = /executor is up at (\S+), group orders, registered with (\S+)/;

/** What its page says of it: 200 is ready. */
async function readiness(started: Started, line: RegExp): Promise<{ status: number; reasons: string[] }> {
  const [, address = ''] = line.exec(started.output()) ?? [];
  const answer = await fetch(`${address}health/ready`);
  return { status: answer.status, reasons: ((await answer.json()) as { reasons: string[] }).reasons };
}
const UNREGISTERED = { status: 503, reasons: ['registered: no scheduler has acknowledged it'] };

test('an executor with a wrong token says so, names the option, and is not up', async () => {
  const port = await freePort();
  await scheduler(port).shows(/scheduler is up at/);
  const wrong = executor('wrong-token', `http://127.0.0.1:${port}`, 'wrong');
  await wrong.shows(GETS_NONE);
  expect(GETS_NONE.exec(wrong.output())?.[2]).toMatch(
    `--access-token-file: http://127.0.0.1:${port} refuses the access token for the group "orders": give`,
  );
  expect(await readiness(wrong, GETS_NONE)).toEqual(UNREGISTERED);
  expect(wrong.output()).not.toMatch(IS_UP);
});

test('one that asks a web server, and then a scheduler that is started there, says both', async () => {
  const web = createServer((_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<html>'));
  await once(web.listen(0, '127.0.0.1'), 'listening');
  const { port } = web.address() as { port: number };
  const early = executor('early', `http://127.0.0.1:${port}`, 'right');
  await early.shows(GETS_NONE);
  expect(GETS_NONE.exec(early.output())?.[2]).toMatch(/--schedulers: .*HTTP status 404.*: start a scheduler there/);
  expect(await readiness(early, GETS_NONE)).toEqual(UNREGISTERED);
  web.closeAllConnections();
  await new Promise((resolve) => web.close(resolve));
  scheduler(port);
  await early.shows(IS_UP);
  expect(await readiness(early, IS_UP)).toEqual({ status: 200, reasons: [] });
});
