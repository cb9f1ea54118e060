import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../shared/runtime/runtime.ts';

/**
 * What a node that cannot be dialled is called, in `{dataDir}/held-id`: made once and kept, so that a restart is known
 * for the same node, as one that is dialled is known by its port.
 */
export async function readHeldId(dataDir: string, random: Pick<Random, 'ulid'>): Promise<string> {
  const path = join(dataDir, 'held-id');
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  if (/^[A-Za-z0-9_-]{1,64}$/.test(kept.trim())) return kept.trim();
  const id = random.ulid();
  await mkdir(dataDir, { recursive: true });
  await writeFile(`${path}.tmp`, `${id}\n`);
  await rename(`${path}.tmp`, path);
  return id;
}
