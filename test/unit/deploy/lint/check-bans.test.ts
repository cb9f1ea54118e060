import { describe, expect, test } from 'vitest';
import { checkBans } from '../../../../deploy/lint/check-bans.ts';
import { readSourceTree } from '../../../../deploy/lint/source-tree.ts';
import { plantTree } from '../../../support/planted-tree.ts';

const check = (path: string, text: string) => checkBans(readSourceTree(plantTree({ [path]: text })));

const BACK_DOORS = [
  'const at = Date.now();',
  'const at = new Date();',
  'const at = new Date;',
  'const die = Math.random();',
  'const draw = Math.random;',
  'setTimeout(() => run(), 10);',
  'setInterval(run, 10);',
  'setImmediate(run);',
  'const sleep = promisify(setTimeout);',
  'globalThis.setTimeout(run, 10);',
  "await fetch('http://127.0.0.1');",
  'const at = performance.now();',
  'const id = crypto.randomUUID();',
  "import { randomUUID } from 'node:crypto';",
  "const home = process.env['HOME'];",
];

describe('the clock, chance and the network', () => {
  test.each(BACK_DOORS)('are banned from the core: %s', (line) => {
    expect(check('executor/slice/claim.ts', `\n${line}\n`)).toMatchObject([
      { path: 'executor/slice/claim.ts', line: 2 },
    ]);
  });

  test.each([
    'shared/runtime/system-clock.ts',
    'executor/node/http-scheduler-client.ts',
    'scheduler/alarm/mail-adapter.ts',
    'deploy/cli/main.ts',
    'test/support/servers.ts',
    'executor/examples/settlement/gateway-simulator/books.ts',
  ])('come in by the adapter %s', (path) => {
    expect(check(path, BACK_DOORS.join('\n'))).toEqual([]);
  });

  test.each([
    'const day = new Date(atMs);',
    'const day = new Date(Date.UTC(2026, 1, 1));',
    "const advice = 'never Date.now() or Math.random()';",
    '// Date.now() would differ from machine to machine.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the planted source holds a template.
    'const text = `Date.now() ${name} setTimeout(`;',
    'const pattern = /Math.random()/;',
    'const rows = await store.fetch(id);',
    'runtime.setTimeout(1);',
  ])('are not seen where they are not: %s', (line) => {
    expect(check('executor/slice/claim.ts', line)).toEqual([]);
  });

  test('are seen inside a template, where code runs', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the planted source holds a template.
    expect(check('executor/a.ts', 'const text = `at ${Date.now()} and ${`in ${Math.random()}`}`;')).toHaveLength(2);
  });

  test('are seen after a division and after a regular expression', () => {
    expect(check('executor/a.ts', 'const a = b / c; const d = /"/g; const at = Date.now() / 2;')).toHaveLength(1);
  });
});

describe('drivers', () => {
  test.each([
    ['mysql2/promise', 'shared/sql/mysql.ts'],
    ['mysql2', 'shared/sql/mysql.ts'],
    ['node:sqlite', 'shared/sql/sqlite.ts'],
    ['ioredis', 'executor/downstream/redis-rate-limiter.ts'],
    ['redlock', 'scheduler/redis-leader.ts'],
    ['axios', 'scheduler/dispatch/http-executor-client.ts'],
    ['node:http', 'executor/node/http-server.ts'],
    ['node:tls', 'shared/tls/tls-files.ts'],
    ['node:net', 'shared/sql/mysql-way.ts'],
    ['fastify', 'scheduler/api/routes.ts'],
    ['node-cron', 'scheduler/clockwork.ts'],
    ['pino', 'shared/logger.ts'],
    ['prom-client', 'shared/metrics.ts'],
  ])('%s is imported by its adapter alone', (driver, home) => {
    const line = `import { it } from '${driver}';\n`;
    expect(check(home, line)).toEqual([]);
    expect(check('executor/slice/claim.ts', line)).toMatchObject([
      { line: 1, message: expect.stringContaining(driver) },
    ]);
  });

  test('a type of a driver may be named anywhere', () => {
    expect(check('executor/slice/claim.ts', "import type { Pool } from 'mysql2';")).toEqual([]);
  });
});

describe('what may stand nowhere', () => {
  test.each([
    'try { run(); } catch {}',
    'try { run(); } catch (cause) {\n  // never mind\n}',
  ])('an error that is swallowed: %s', (text) => {
    expect(check('deploy/cli/main.ts', text)).toHaveLength(1);
  });

  // The words are put together here, or this very file would be found.
  test.each([`// ${'TO'}DO: later`, `/* ${'FIX'}ME */`])('a note to oneself: %s', (text) => {
    expect(check('test/unit/a.test.ts', text)).toHaveLength(1);
  });
});
