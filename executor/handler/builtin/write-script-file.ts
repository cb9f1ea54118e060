import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ProcessUser } from './process-run.ts';
import { SCRIPT_TYPES, type ScriptSource } from './script-types.ts';

export interface ScriptFile {
  readonly jobId: number;
  readonly script: ScriptSource;
  /** Who has to read it. */
  readonly user?: ProcessUser | undefined;
}

const OWNER_ONLY = 0o700;
let written = 0;

/**
 * The script as `{dir}/{jobId}_{updatedAtMs}{suffix}`, written when it is not there with this very text. The name is
 * made of two numbers and a fixed suffix. It is put in place by a rename: another attempt that runs the former text
 * goes on reading that one.
 */
export async function writeScriptFile(dir: string, { jobId, script, user }: ScriptFile): Promise<string> {
  const path = resolve(dir, `${jobId}_${script.updatedAtMs}${SCRIPT_TYPES[script.type].suffix}`);
  await ensureDir(dir, user);
  if ((await textOf(path)) === script.text) return path;
  const draft = `${path}.${process.pid}.${++written}`;
  try {
    await writeFile(draft, script.text, { mode: OWNER_ONLY, flag: 'wx' });
    if (user !== undefined) await chown(draft, user.uid, user.gid);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return path;
}

async function ensureDir(dir: string, user: ProcessUser | undefined): Promise<void> {
  await mkdir(dir, { recursive: true, mode: OWNER_ONLY });
  await chmod(dir, OWNER_ONLY);
  if (user !== undefined) await chown(dir, user.uid, user.gid);
  // Without it a package.json above the directory decides whether a script for Node.js may say `require`.
  const manifest = join(dir, 'package.json');
  if ((await textOf(manifest)) === null) await writeFile(manifest, '{}\n');
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
