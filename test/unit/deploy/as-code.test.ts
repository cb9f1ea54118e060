import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openableLink, pageFolder } from '../../../deploy/cli/admin/admin-settings.ts';
import { chooseShard } from '../../../deploy/cli/admin/logs-command.ts';
import { asYaml } from '../../../deploy/cli/as-code/export-command.ts';
import { placeForFirstPasswords } from '../../../deploy/cli/as-code/first-passwords.ts';
import { FileRefused, parseDefinitions } from '../../../deploy/cli/as-code/read-definition-file.ts';
import type { Shard } from '../../../scheduler/api/admin/contract/run-routes.ts';

const linesOf = (text: string): readonly string[] => {
  try {
    parseDefinitions(text, 'f.yaml');
  } catch (error) {
    if (error instanceof FileRefused) return error.lines;
    throw error;
  }
  return [];
};

test.each([
  ['a doubled key', 'jobs:\n  - name: a\n    name: b\n', 'f.yaml:3:5: '],
  ['a list that is none', 'groups: []\njobs:\n  name: a\n', 'f.yaml:3:3: jobs must be a list'],
  ['an unknown list', 'groups: []\njob: []\n', 'f.yaml:2:6: job is no part of this file'],
  ['a nameless job', 'jobs:\n  - handler: x\n', 'f.yaml:2:5: jobs[0].name is missing'],
  ['two documents', 'jobs: []\n---\njobs: []\n', 'f.yaml:2:1: '],
  ['an unknown tag', 'jobs: !!js/function x\n', 'f.yaml:1:7: '],
  ['nothing', '', 'f.yaml:1:1:  must have one or more of'],
])('a file with %s is refused at its line', (_, text, said) => {
  expect(linesOf(text)[0]).toContain(said);
});

test('aliases that grow without end are refused, and words are never turned into something else', () => {
  const bomb = ['a: &a [x, x]', ...Array.from({ length: 20 }, (_, n) => `k${n}: &k${n} [${'*a, '.repeat(9)}*a]`)];
  const nested = bomb.map((line, n) => (n < 2 ? line : line.replaceAll('*a', `*k${n - 2}`)));
  expect(linesOf(nested.join('\n'))[0]).toMatch(/alias/i);
  const { definitions } = parseDefinitions('jobs:\n  - name: no\n    title: 2026-11-20\n    owner: 05:30\n', 'f');
  expect(definitions.jobs?.[0]).toEqual({ name: 'no', title: '2026-11-20', owner: '05:30' });
});

test('a problem stands at its field, at the nearest one that is there, or at the field that must not be', () => {
  const { place } = parseDefinitions('jobs:\n  - name: a\n    retry:\n      cuont: 1\n', 'f.yaml');
  expect(place({ path: 'jobs[0].retry.cuont', message: 'is wrong' })).toBe(
    'f.yaml:4:14: jobs[0].retry.cuont (job "a") is wrong',
  );
  expect(place({ path: 'jobs[0].schedule.text', message: 'is missing' })).toMatch(/^f\.yaml:2:5: /);
  expect(place({ path: 'jobs[0].retry', message: 'must not have "cuont"' })).toMatch(/^f\.yaml:4:7: /);
  // Nobody's text steers the terminal.
  expect(place({ path: 'jobs[0]', message: '\u001b[2J' })).toContain('\\u001b[2J');
});

test('what is written is read as the same, whatever texts hold', () => {
  const texts = ['a: b # no comment', 'line\nline', '0123', 'true', '- x', '*/5 * * * *', "it's", 'x'.repeat(300)];
  const jobs = texts.map((param, n) => ({ name: `j${n}`, group: 'g', handler: 'h', route: 'FIRST' as const, param }));
  expect(parseDefinitions(asYaml({ jobs }), 'f').definitions).toEqual({ jobs });
});

test('the page is looked for where the build puts it, from the sources and from the compiled files', () => {
  const root = resolve('/app');
  expect(pageFolder(join(root, 'deploy/cli/admin'))).toBe(join(root, 'dist/scheduler/web'));
  expect(pageFolder(join(root, 'dist/deploy/cli/admin'))).toBe(join(root, 'dist/scheduler/web'));
  expect(openableLink({ url: 'http://0.0.0.0:8080/setup#abc' }, 'https://x.example/')).toBe(
    'https://x.example/setup#abc',
  );
});

test('the log that is shown is of the shard that failed', () => {
  const shard = (index: number, state: Shard['state'], attempts = 1) =>
    ({ index, state, phase: 'shard', attempts: Array.from({ length: attempts }) }) as unknown as Shard;
  const shards = [shard(0, 'ready', 0), shard(1, 'succeeded'), shard(2, 'failed')];
  expect(chooseShard(shards, null)?.index).toBe(2);
  expect(chooseShard(shards.slice(0, 2), null)?.index).toBe(1);
  expect(chooseShard(shards, 1)?.index).toBe(1);
  expect(chooseShard(shards, 0)).toBeUndefined();
});

test('first passwords are shown on a terminal alone, and a file for them is left behind only with them in it', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'daybreak-first-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  const said: string[] = [];
  const terminal = (live: boolean) => ({ live, say: (line: string) => void said.push(line) });
  const made = { firstPasswords: [{ name: 'ana', password: 'aaaaa-bbbbb' }] };
  expect(() => placeForFirstPasswords(terminal(false), { file: undefined, cwd, people: 1 })).toThrow(/must not land/);
  const screen = placeForFirstPasswords(terminal(true), { file: undefined, cwd, people: 1 });
  screen.tell((await screen.fill(async () => made)).firstPasswords);
  expect(said.join('\n')).toContain('ana  aaaaa-bbbbb');

  said.length = 0;
  const kept = placeForFirstPasswords(terminal(true), { file: 'kept', cwd, people: 1 });
  const failing = async (): Promise<typeof made> => Promise.reject(new Error('refused'));
  await expect(kept.fill(failing)).rejects.toThrow('refused');
  expect(existsSync(join(cwd, 'kept'))).toBe(false);
  kept.tell((await kept.fill(async () => made)).firstPasswords);
  expect(readFileSync(join(cwd, 'kept'), 'utf8')).toBe('ana\taaaaa-bbbbb\n');
  expect(said).toEqual(['the first password of ana is in kept: hand it over, and remove the file']);
  // Nobody is new: nothing is asked for, and no file is made.
  await placeForFirstPasswords(terminal(false), { file: 'none', cwd, people: 0 }).fill(async () => made);
  expect(existsSync(join(cwd, 'none'))).toBe(false);
});
