import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BareClone, ended } from './bare-clone.ts';

describe('the first start in a clone', () => {
  test('installs the modules, and standard output holds only what the program says', async () => {
    const clone = new BareClone();
    const run = await clone.run('night', '--json');
    expect(run).toMatchObject({ exitCode: 0, stdout: '["night","--json"]\n' });
    expect(run.stderr).toMatch(
      /the modules are not installed yet; installing them[\s\S]*words of npm[\s\S]*are installed/,
    );
    expect(clone.npmCalls()).toEqual(['ci']);
    expect(readdirSync(clone.root).filter((name) => name.startsWith('.daybreak'))).toEqual([]);
  });

  test('the second start calls no npm and says nothing', async () => {
    const clone = new BareClone();
    await clone.run();
    expect(await clone.run('status')).toMatchObject({ exitCode: 0, stdout: '["status"]\n', stderr: '' });
    expect(clone.npmCalls()).toEqual(['ci']);
  });

  test('an npm that fails is named in one sentence, and the exit code is 1', async () => {
    const clone = new BareClone();
    clone.write('npm-fails', '');
    const run = await clone.run();
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toContain('could not be installed: npm ci ended with 7');
    // Without a pinned Node for this machine the Node that runs will do, so scripts are tried without.
    expect(clone.npmCalls()).toEqual(['ci', 'ci --ignore-scripts']);
  });
});

describe('modules that are there but not as they should be', () => {
  test.each([
    [
      'an install that was cut off before its end',
      'half installed',
      (clone: BareClone) => clone.remove('node_modules/.package-lock.json'),
    ],
    [
      'a list that was cut off in the middle',
      'half installed',
      (clone: BareClone) => clone.write('node_modules/.package-lock.json', '{"pack'),
    ],
    ['a folder that is gone', 'half installed', (clone: BareClone) => clone.remove('node_modules/wanted')],
    [
      'an install of an older package-lock.json',
      'older than package-lock.json',
      (clone: BareClone) => {
        const lock = readFileSync(clone.path('package-lock.json'), 'utf8');
        clone.write('package-lock.json', lock.replace('1.0.0', '1.0.1').replace('sha512-a', 'sha512-c'));
      },
    ],
  ])('%s is seen and mended', async (_, words, spoil) => {
    const clone = new BareClone();
    await clone.run();
    spoil(clone);
    const run = await clone.run();
    expect(run).toMatchObject({ exitCode: 0, stdout: '[]\n' });
    expect(run.stderr).toContain(words);
    expect(clone.npmCalls()).toEqual(['ci', 'ci']);
  });
});

describe('two starts at once', () => {
  test('install once, and both run', async () => {
    const clone = new BareClone();
    clone.write('npm-is-slow', '');
    const runs = await Promise.all([clone.run('a'), clone.run('b'), clone.run('c')]);
    expect(runs.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual([
      [0, '["a"]\n'],
      [0, '["b"]\n'],
      [0, '["c"]\n'],
    ]);
    expect(clone.npmCalls()).toEqual(['ci']);
  });

  test('when the first is killed, the second waits for its npm and takes over', async () => {
    const clone = new BareClone();
    clone.write('npm-is-slow', '');
    const first = clone.start();
    const firstEnd = ended(first);
    await until(() => existsSync(clone.path('node_modules', 'wanted')));
    first.kill('SIGKILL');
    const second = await clone.run();
    expect(second).toMatchObject({ exitCode: 0, stdout: '[]\n' });
    expect(clone.npmCalls()).toEqual(['ci']);
    await firstEnd;
  });

  test('the lock of a process that is gone, or of another one with its number, is taken over', async () => {
    const gone = spawnSync(process.execPath, ['--version']).pid;
    for (const holder of [`${gone}.12345`, `${process.pid}.12345`]) {
      const clone = new BareClone();
      clone.write(`.daybreak-install/${holder}`, '');
      expect(await clone.run()).toMatchObject({ exitCode: 0, stdout: '[]\n' });
      expect(existsSync(clone.path('.daybreak-install'))).toBe(false);
    }
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setTimeout(done, 5));
}
