import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemInputFiles } from '../../../../scheduler/arrival/system-input-files.ts';

describe('files that are waited for', () => {
  const files = systemInputFiles();
  let folder = '';
  let root = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inputs-'));
    root = join(folder, 'in');
    await mkdir(root);
    await writeFile(join(folder, 'secret.txt'), 'not for you');
    await writeFile(join(root, 'plans.csv'), 'a,b\n');
    await symlink(join(folder, 'secret.txt'), join(root, 'leads-out.csv'));
    await symlink(join(root, 'plans.csv'), join(root, 'stays-in.csv'));
    await symlink(folder, join(root, 'folder'));
    await symlink(root, join(folder, 'linked-root'));
    await symlink(join(root, 'plans.csv'), join(folder, 'leads-in.csv'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('one that is there, and its hash', async () => {
    const path = join(root, 'plans.csv');
    expect(await files.look(path, [root])).toMatchObject({ kind: 'there', bytes: 4 });
    const sha256 = createHash('sha256').update('a,b\n').digest('hex');
    expect(await files.hash(path, [root])).toMatchObject({ kind: 'hashed', bytes: 4, sha256 });
  });
  test('one that is not there, or lies behind something that is no folder', async () => {
    expect(await files.look(join(root, 'none.csv'), [root])).toEqual({ kind: 'absent' });
    expect(await files.look(join(root, 'plans.csv', 'x'), [root])).toEqual({ kind: 'absent' });
    expect(await files.hash(join(root, 'none.csv'), [root])).toEqual({ kind: 'unsteady' });
  });
  test('a link that leads out of the root is refused, by itself or on the way, for looking and for hashing', async () => {
    for (const path of [join(root, 'leads-out.csv'), join(root, 'folder', 'secret.txt')]) {
      expect(await files.look(path, [root])).toMatchObject({
        kind: 'refused',
        why: expect.stringContaining('leads out'),
      });
      expect(await files.hash(path, [root])).toEqual({ kind: 'unsteady' });
    }
  });
  test('a link that stays inside is followed, and a root may be a link itself', async () => {
    expect((await files.look(join(root, 'stays-in.csv'), [root])).kind).toBe('there');
    const linked = join(folder, 'linked-root');
    expect((await files.look(join(linked, 'plans.csv'), [linked])).kind).toBe('there');
  });
  test('a path outside of the roots, and a folder, are refused', async () => {
    expect((await files.look(join(folder, 'secret.txt'), [root])).kind).toBe('refused');
    expect((await files.look(join(folder, 'leads-in.csv'), [root])).kind).toBe('refused');
    expect(await files.look(root, [folder])).toMatchObject({ why: expect.stringContaining('no plain file') });
  });
});
