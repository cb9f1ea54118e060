import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { maskValues } from '../../../../executor/handler/mask-values.ts';
import { createSecrets } from '../../../../executor/handler/secrets.ts';

test('a secret comes from the options, else from the environment, else from a file, read for each attempt', async () => {
  const above = await mkdtemp(join(tmpdir(), 'daybreak-secrets-'));
  onTestFinished(() => rm(above, { recursive: true, force: true }));
  const dir = join(above, 'secrets');
  await mkdir(dir);
  await writeFile(join(above, 'PEM'), 'of nobody');
  await writeFile(join(dir, 'PEM'), '-----BEGIN\nabc\n-----END\n');
  await writeFile(join(dir, 'ENV'), 'of the file');
  const env: Record<string, string> = { DAYBREAK_SECRETS_DIR: dir, DAYBREAK_SECRET_ENV: 'of the environment' };
  const secrets = createSecrets({ OWN: 'of the option', FILE: { file: join(dir, 'PEM') } }, env);
  const read = (name: string) => secrets.read(name, 'work');
  expect(await read('OWN')).toBe('of the option');
  expect(await read('ENV')).toBe('of the environment');
  expect([await read('PEM'), await read('FILE')]).toEqual(Array(2).fill('-----BEGIN\nabc\n-----END'));
  await writeFile(join(dir, 'PEM'), 'a new one\r\n');
  expect(await read('PEM')).toBe('a new one');
  await expect(read('../PEM')).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
  await writeFile(join(dir, 'BIG'), 'x'.repeat(70_000));
  await expect(read('BIG')).rejects.toThrow('more than 65536 bytes');
});

test.each<[string, Parameters<typeof createSecrets>[0], string]>([
  ['a name that is none', { 'A-B': 'value' }, '"A-B" must be a letter and then'],
  ['a source that is none', { A: {} }, '"A" needs a value or a file'],
  ['two sources', { A: { value: 'x', file: '/y' } }, '"A" needs a value or a file'],
])('%s is refused at the start', (_, options, words) => {
  expect(() => createSecrets(options, {})).toThrow(words);
});

test('what is masked is masked in every form and when it was cut, and other text stays', () => {
  const long = 'abcdefghijklmnopqrstuvwxyz-0123456789';
  const mask = maskValues([long, 'pass word/1', 'first line\nsecond line\nx']);
  expect(mask(`a ${long} b ${long}${long} c`)).toBe('a *** b ****** c');
  expect(mask(`cut: ${long.slice(0, 30)}...`)).toBe('cut: ***...');
  expect(mask(long.slice(0, 20))).toBe(long.slice(0, 20));
  expect(mask(`?p=${encodeURIComponent('pass word/1')}`)).toBe('?p=***');
  expect(mask(JSON.stringify({ p: 'first line\nsecond line\nx' }))).toBe('{"p":"***"}');
  expect(mask('the second line stands alone, x')).toBe('the *** stands alone, x');
});
