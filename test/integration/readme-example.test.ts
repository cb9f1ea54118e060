import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { codeBlocks, ROOT, readPage } from '../unit/docs/pages.ts';

/** Where the sources are of what the example imports, by the names under which the package publishes it. */
const SOURCES: Readonly<Record<string, string>> = {
  'daybreak/executor': join(ROOT, 'executor/index.ts'),
  'daybreak/scheduler': join(ROOT, 'scheduler/index.ts'),
};
const [example] = codeBlocks(readPage('README.md')).filter(({ language }) => language === 'ts');
if (example === undefined) throw new Error('README.md has no example');

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-readme-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('the example of the README compiles against the sources', () => {
  const dir = folder();
  writeFileSync(join(dir, 'greet.ts'), example.text);
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(dir, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        paths: Object.fromEntries(Object.entries(SOURCES).map(([name, path]) => [name, [path]])),
        typeRoots: [join(ROOT, 'node_modules/@types')],
      },
      include: ['greet.ts'],
      exclude: [],
    }),
  );
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

test('the example of the README prints what the README says it prints', async () => {
  const dir = folder();
  const text = example.text.replace(/from '(daybreak\/\w+)'/g, (_, name: string) => {
    const path = SOURCES[name];
    if (path === undefined) throw new Error(`the example imports "${name}", which is none of ours`);
    return `from '${pathToFileURL(path)}'`;
  });
  writeFileSync(join(dir, 'greet.ts'), text);
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  const child = spawn(process.execPath, ['greet.ts'], {
    cwd: dir,
    env: { ...process.env, DAYBREAK_TOKEN: randomBytes(32).toString('hex') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stdout.on('data', (piece: Buffer) => {
    printed += piece.toString();
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const promised = /greet\.ts +# (.*)$/m.exec(readPage('README.md'))?.[1];
  expect(printed.trim()).toBe(promised);
  expect(exitCode).toBe(0);
});
