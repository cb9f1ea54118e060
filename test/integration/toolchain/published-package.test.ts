import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTo } from '../../../deploy/build/build.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

type Manifest = { dependencies: Record<string, string>; exports: Record<string, unknown> };
const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** As a user has them: JavaScript that TypeScript can check. */
const EXAMPLES = ['first-executor', 'batch-executor'].flatMap((folder) =>
  readdirSync(join(ROOT, 'executor/examples', folder)).map((file) => join(folder, file)),
);

describe('the package as it is published', () => {
  let consumer: string;
  let installed: string;
  let packed: string[];

  beforeAll(() => {
    consumer = realpathSync(mkdtempSync(join(tmpdir(), 'daybreak-consumer-')));
    const staged = join(consumer, 'staged');
    mkdirSync(staged);
    buildTo(join(staged, 'dist'));
    for (const path of ['package.json', 'LICENSE', 'CHANGELOG.md', 'deploy/bootstrap']) {
      cpSync(join(ROOT, path), join(staged, path), { recursive: true });
    }
    packed = listPacked(staged);
    // Installed by hand, file by file as npm would pack it, beside the modules of this checkout: no registry is asked.
    installed = join(consumer, 'node_modules', 'daybreak');
    for (const path of packed) cpSync(join(staged, path), join(installed, path));
    for (const name of [...Object.keys(manifest.dependencies), '@types']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(consumer, 'node_modules', name));
    }
    writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
  });

  afterAll(() => rmSync(consumer, { recursive: true, force: true }));

  test('holds the licence, the command and compiled code, and no source, test or tool', () => {
    expect(packed).toEqual(expect.arrayContaining(['LICENSE', 'CHANGELOG.md', 'deploy/bootstrap/daybreak.mjs']));
    expect(packed).toContain('dist/deploy/cli/main.js');
    expect(packed.filter((path) => /\.ts$/.test(path) && !/\.d\.m?ts$/.test(path))).toEqual([]);
    expect(packed.filter((path) => /^(test|deploy\/(lint|build|cli)|node_modules)\//.test(path))).toEqual([]);
  });

  test.each(Object.keys(manifest.exports))('can be imported by the name %s', (name) => {
    const specifier = name === '.' ? 'daybreak' : `daybreak${name.slice(1)}`;
    const how = specifier.endsWith('.json') ? ", { with: { type: 'json' } }" : '';
    const script = `await import('${specifier}'${how}); console.log('imported');`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: consumer,
      encoding: 'utf8',
    });
    expect(output).toBe('imported\n');
  });

  test('runs handlers in threads and processes, from the compiled module of what a source names', () => {
    writeFileSync(join(consumer, 'heavy.js'), "export default async (ctx) => ctx.param + ' is well';");
    const script = `
      import { defineHandler } from 'daybreak';
      import { runHandlerOnce } from 'daybreak/testing';
      for (const isolation of ['thread', 'process']) {
        const heavy = defineHandler({ name: 'heavy', isolation, module: new URL('./heavy.ts', import.meta.url) });
        const { result, message } = await runHandlerOnce(heavy, { param: isolation });
        console.log(result ?? message);
      }`;
    writeFileSync(join(consumer, 'isolated.js'), script);
    const output = execFileSync(process.execPath, ['isolated.js'], { cwd: consumer, encoding: 'utf8' });
    expect(output).toBe('thread is well\nprocess is well\n');
  });

  test('tells TypeScript its types, with its declarations checked as well', () => {
    const uses = [
      "import { createExecutor, type HandlerContext } from 'daybreak';",
      "import { defineHandler } from 'daybreak/executor';",
      "import { chunkStep, openExecutorStore, type ItemReader } from 'daybreak/batch';",
      "import { createScheduler, type ChainDefinition, type JobDefinition } from 'daybreak/scheduler';",
      "import { createFakeRuntime } from 'daybreak/testing';",
      'export const job: JobDefinition = {',
      "  id: 1, name: 'a', handler: 'a', group: 'b', route: 'ROUND', schedule: { kind: 'fixed_rate', everyMs: 1_000 },",
      '};',
      "export const chain: ChainDefinition = { name: 'c', nodes: ['a'], edges: [] };",
      "export const handler = defineHandler('a', async (ctx: HandlerContext) => ctx.businessDate);",
      'export const made: unknown[] = [createExecutor, createScheduler, chunkStep, openExecutorStore, createFakeRuntime];',
      'export type Reader = ItemReader<string, number>;',
    ];
    writeFileSync(join(consumer, 'uses.ts'), uses.join('\n'));
    for (const example of EXAMPLES) cpSync(join(ROOT, 'executor/examples', example), join(consumer, example));
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
    const libraries = ['--lib', 'es2024,esnext.disposable'];
    const files = ['--allowJs', '--checkJs', 'uses.ts', ...EXAMPLES];
    const checked = spawnSync(process.execPath, [tsc, ...options, ...libraries, ...files], {
      cwd: consumer,
      encoding: 'utf8',
    });
    expect(checked.stdout).toBe('');
    expect(checked.status).toBe(0);
  });

  test('runs its command below node_modules, where Node refuses TypeScript', () => {
    const command = join(installed, 'deploy', 'bootstrap', 'daybreak.mjs');
    const ran = spawnSync(process.execPath, [command, '--help'], { cwd: consumer, encoding: 'utf8' });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout).toContain('Usage: daybreak');
  });
});

function listPacked(staged: string): string[] {
  expect(existsSync(join(staged, 'dist'))).toBe(true);
  // A home may be read-only: npm's cache is not looked for there.
  const cache = { npm_config_cache: join(staged, '..', 'npm-cache') };
  const env = { ...process.env, npm_config_ignore_scripts: 'true', npm_config_loglevel: 'error', ...cache };
  const output = execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: staged, encoding: 'utf8', env });
  // A list in npm 10 and 11, an object by package name in npm 12.
  const reports = Object.values(JSON.parse(output) as Record<string, { files: { path: string }[] }>);
  return reports.flatMap(({ files }) => files.map((file) => file.path));
}
