import { afterAll, expect, test } from 'vitest';
import { type AdminCommands, adminCommands } from '../support/admin-commands.ts';
import { nightBench } from '../support/night-command.ts';

const bench = nightBench();
afterAll(() => bench.remove());

let served: Promise<AdminCommands> | null = null;
/** One scheduler for all tests of this file, with an administrator and a key. */
const scheduler = (): Promise<AdminCommands> => (served ??= adminCommands(bench));

test('the first start of a scheduler prints a link that makes one administrator, once; without --no-admin there is an API', {
  timeout: 300_000,
}, async () => {
  const { root, link } = await scheduler();
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/setup#[0-9a-f]+$/);
  expect(await (await fetch(`${root}/api/v1/setup`)).json()).toEqual({ needed: false });
});

test('dev prints the link as well', { timeout: 300_000 }, async () => {
  const dev = bench.start(['dev', '--port', '0', '--no-samples', '--json']);
  await dev.shows('"setup_link"');
  const [, url = ''] = /"setup_link","url":"([^"]+)"/.exec(dev.output()) ?? [];
  const root = new URL(url).origin;
  expect(await (await fetch(`${root}/api/v1/setup`)).json()).toEqual({ needed: true });
  dev.child.kill('SIGTERM');
  expect((await dev.ended).code).toBe(143);
});
