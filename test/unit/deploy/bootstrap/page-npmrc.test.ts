import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../../..');

function settingsOf(folder: string): string[] {
  const text = readFileSync(join(ROOT, folder, '.npmrc'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .toSorted();
}

test('npm ci --prefix scheduler/web is as quiet under Node 20 as npm ci in the clone: npm reads one .npmrc, that of the prefix', () => {
  expect(settingsOf('scheduler/web')).toEqual(settingsOf('.'));
  expect(settingsOf('scheduler/web')).toContain('loglevel=error');
});
