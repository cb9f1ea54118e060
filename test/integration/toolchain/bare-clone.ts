import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const LOCK = {
  packages: {
    '': { name: 'daybreak' },
    'node_modules/wanted': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/for-another-machine': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  },
};

// Does to node_modules what npm ci does, in its order: empty it, fill it, and write its own list as the last step.
const FAKE_NPM = `import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
console.log('words of npm');
if (existsSync('npm-fails')) process.exit(7);
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules/wanted', { recursive: true });
setTimeout(() => {
  writeFileSync('node_modules/wanted/package.json', '{}');
  writeFileSync('node_modules/.package-lock.json', readFileSync('package-lock.json'));
}, existsSync('npm-is-slow') ? 700 : 0);
`;

export type Run = {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** A clone in which nothing is installed, with a program that prints its arguments and an npm that needs no network. */
export class BareClone {
  // The blank and the character are there because paths have them.
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'daybreak clone 中 ')));

  constructor() {
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
    cpSync(join(ROOT, 'deploy', 'bootstrap'), this.path('deploy', 'bootstrap'), { recursive: true });
    this.write('package.json', '{ "type": "module" }');
    this.write('package-lock.json', JSON.stringify(LOCK));
    this.write(
      'deploy/cli/main.ts',
      'const words: string[] = process.argv.slice(2);\nconsole.log(JSON.stringify(words));\n',
    );
    // By a shell: the path of this Node may hold a blank, and then no #! line can name it.
    this.write('bin/npm', `#!/bin/sh\nexec '${process.execPath}' '${this.path('bin/npm.mjs')}' "$@"\n`);
    this.write('bin/npm.mjs', FAKE_NPM);
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text, { mode: path.startsWith('bin/') ? 0o755 : 0o644 });
  }

  remove(path: string): void {
    rmSync(this.path(path), { recursive: true });
  }

  npmCalls(): string[] {
    return existsSync(this.path('npm-calls')) ? readFileSync(this.path('npm-calls'), 'utf8').trim().split('\n') : [];
  }

  start(...args: string[]): ChildProcess {
    const env = { ...process.env, PATH: [this.path('bin'), process.env.PATH].join(delimiter), LANG: 'C' };
    return spawn(process.execPath, [this.path('deploy', 'bootstrap', 'daybreak.mjs'), ...args], { env, cwd: tmpdir() });
  }

  run(...args: string[]): Promise<Run> {
    return ended(this.start(...args));
  }
}

/** What a process said and how it ended. */
export function ended(child: ChildProcess): Promise<Run> {
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (data) => (said.stdout += data));
  child.stderr?.on('data', (data) => (said.stderr += data));
  return new Promise((done) => child.once('close', (exitCode, signal) => done({ exitCode, signal, ...said })));
}
