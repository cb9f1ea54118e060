import { spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { plantTree } from '../../support/planted-tree.ts';
import { ended } from './bare-clone.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const HEAD = `import { afterAll, describe, expect, test } from 'vitest'; import { describeWith } from '${ROOT}test/support/servers.ts';\n`;
const NEEDS_TWO = `${HEAD}describeWith(['MariaDB', 'Redis'], 'both', () => { test('a', () => {}); test('b', () => {}); });
describeWith(['Redis'], 'one', () => { test('c', () => {}); });`;
const NEEDS_PAGE = "describeWith(['built page'], 'a page', () => { test('d', () => {}); });";
const PASSES = `${HEAD}test('one', () => {}); test('two', () => expect(1).toBe(1));`;

async function runTests(files: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>> = {}) {
  const root = plantTree({
    'package.json': '{ "type": "module" }',
    'vitest.config.ts': 'export default {};\n',
    ...files,
  });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const none = {
    DAYBREAK_TEST_MYSQL_URL: '',
    DAYBREAK_TEST_MYSQL8_URL: '',
    DAYBREAK_TEST_REDIS_URL: '',
    DAYBREAK_TEST_PAGE: '',
    DAYBREAK_TEST_REQUIRE_ALL: '',
  };
  const args = [join(ROOT, 'test/run/test.ts'), '--root', root, '--config', join(root, 'vitest.config.ts')];
  const { exitCode, stdout } = await ended(
    spawn(process.execPath, args, { env: { ...process.env, ...none, ...variables } }),
  );
  return { exitCode, lines: stdout.trimEnd().split('\n') };
}

test('a run in which all is well ends with the count and exit code 0', async () => {
  const { exitCode, lines } = await runTests({ 'a.test.ts': PASSES });
  expect(lines.at(-1)).toBe('2 passed, 0 failed');
  expect(exitCode).toBe(0);
});

test('each thing that went wrong counts and is named before the last line, and the exit code is 1', async () => {
  const { exitCode, lines } = await runTests({
    'a.test.ts': PASSES,
    'b.test.ts': `${HEAD}describe('sums', () => test('add', () => expect(1).toBe(2)));`,
    'does-not-load.test.ts': "import './nowhere.ts';",
    'empty.test.ts': 'export {};',
    'hook.test.ts': `${HEAD}describe('late', () => { afterAll(() => { throw new Error('no'); }); test('x', () => {}); });`,
    'stray.test.ts': `${HEAD}test('y', () => void Promise.reject(new Error('stray')));`,
  });
  expect(lines.filter((line) => line.startsWith('FAILED')).sort()).toEqual([
    'FAILED  an error that no test waited for; it is printed above',
    'FAILED  b.test.ts > sums > add',
    'FAILED  does-not-load.test.ts (outside any test)',
    'FAILED  empty.test.ts (outside any test)',
    'FAILED  hook.test.ts > late (outside any test)',
  ]);
  expect(lines.at(-1)).toBe('4 passed, 5 failed');
  expect(exitCode).toBe(1);
});

test('a run that finds no test has not passed', async () => {
  const { exitCode, lines } = await runTests({});
  expect(lines.at(-1)).toBe('0 passed, 1 failed');
  expect(exitCode).toBe(1);
});

test('what was left out for want of a server or the page is said, with the commands that bring them', async () => {
  const { exitCode, lines } = await runTests({ 'a.test.ts': PASSES, 'b.test.ts': `${NEEDS_TWO}\n${NEEDS_PAGE}` });
  expect(lines.slice(-3)).toEqual([
    'Not run: 2 tests for want of MariaDB, 3 tests for want of Redis, 1 test for want of built page.',
    expect.stringMatching(/: npm run test:servers; npm ci --prefix scheduler\/web$/),
    '2 passed, 0 failed',
  ]);
  expect(exitCode).toBe(0);
});

test('where everything is required, a missing server fails', async () => {
  const { exitCode, lines } = await runTests({ 'b.test.ts': NEEDS_TWO }, { DAYBREAK_TEST_REQUIRE_ALL: '1' });
  expect(lines.at(-1)).toBe('0 passed, 2 failed');
  expect(exitCode).toBe(1);
});

test('a second database server is never required: what it would run is left out and said', async () => {
  const secondServer = `${HEAD}describeWith(['MySQL 8'], 'second', () => { test('e', () => {}); });`;
  const files = { 'a.test.ts': PASSES, 'b.test.ts': secondServer };
  const { exitCode, lines } = await runTests(files, { DAYBREAK_TEST_REQUIRE_ALL: '1' });
  expect(lines.slice(-3)).toEqual([
    'Not run: 1 test for want of MySQL 8.',
    expect.stringMatching(/: DAYBREAK_TEST_MYSQL8_URL=mysql:.* npm test$/),
    '2 passed, 0 failed',
  ]);
  expect(exitCode).toBe(0);
});
