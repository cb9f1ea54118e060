import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeFolder } from '../../../deploy/cli/make-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'daybreak-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a folder is made with those above it, and may be there already', () => {
  const path = join(folder, 'a', 'b', 'c');
  makeFolder(path, 'data-dir');
  makeFolder(path, 'data-dir');
  expect(existsSync(path)).toBe(true);
});

test('where a file stands in the way, the option is named', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '', { mode: 0o755 });
  expect(() => makeFolder(file, 'report-dir')).toThrow(/EEXIST.*: name another with --report-dir/);
  expect(() => makeFolder(join(file, 'below'), 'report-dir')).toThrow(/ENOTDIR.*: name another with --report-dir/);
});

// In a process of its own, which can be ended: what is guarded against is a loop without an end.
test.runIf(process.platform === 'linux')('where the system makes no folders it ends, and the option is named', () => {
  const source = new URL('../../../deploy/cli/make-folder.ts', import.meta.url).href;
  const tried = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `(await import('${source}')).makeFolder('/proc/nothing-of-ours/below', 'data-dir')`],
    { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' },
  );
  expect(tried.stderr).toContain('the folder /proc/nothing-of-ours/below cannot be used');
  expect(tried.stderr).toContain('name another with --data-dir');
});
