import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { plantTree } from '../../support/planted-tree.ts';
import { ended } from './bare-clone.ts';

const SCRIPT = fileURLToPath(new URL('../../run/install-servers.ts', import.meta.url));
const IS_ROOT = process.getuid?.() === 0;

/** Runs it where the PATH holds nothing but these programs, so that Redis and Chromium are missing. */
function install(programs: Readonly<Record<string, string>>) {
  const root = plantTree({ '.keep': '', ...programs });
  for (const name of Object.keys(programs)) chmodSync(join(root, name), 0o755);
  return ended(spawn(process.execPath, [SCRIPT], { env: { PATH: root } }));
}

const PATIENCE = '-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3';
const aptGet = (exitCode: number) => `#!/bin/sh\necho "apt-get $*"\nexit ${exitCode}\n`;

test.runIf(IS_ROOT)('says what it installs before it does', async () => {
  const { exitCode, stdout } = await install({ 'apt-get': aptGet(0) });
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^Installing from the system's packages: .*redis-server, chromium/);
  expect(lines.slice(1)).toEqual([
    `apt-get update -q ${PATIENCE}`,
    expect.stringMatching(
      new RegExp(`^apt-get install -y --no-install-recommends .*redis-server chromium ${PATIENCE}$`),
    ),
    'Installed; npm test starts what is not running.',
  ]);
  expect(exitCode).toBe(0);
});

test.runIf(IS_ROOT)('an install that fails is said, with the command to try by hand', async () => {
  const { exitCode, stdout } = await install({ 'apt-get': aptGet(100) });
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^Not installed\. .*apt-get install -y/);
  expect(exitCode).toBe(1);
});

test.skipIf(IS_ROOT)('without root it names the command and installs nothing', async () => {
  const { exitCode, stdout } = await install({ 'apt-get': aptGet(0) });
  expect(stdout).toMatch(/^Only root may install: sudo apt-get install -y /);
  expect(exitCode).toBe(1);
});

test('where there is no apt-get it names what to install', async () => {
  const { exitCode, stdout } = await install({});
  expect(stdout).toMatch(/^This is no Debian\. .*redis-server, chromium$/m);
  expect(exitCode).toBe(1);
});
