import { createHash } from 'node:crypto';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import type { Hashed, InputFiles, Sighting } from './input-files.ts';
import { liesUnder } from './input-path.ts';

const PIECE_BYTES = 1_048_576;

export function systemInputFiles(): InputFiles {
  return {
    async look(path, roots) {
      const found = await resolveUnder(path, roots);
      if (found.kind !== 'found') return found;
      return orMissing(async () => {
        const { size, mtimeMs } = await stat(found.path);
        return { kind: 'there', bytes: size, changedAtMs: Math.floor(mtimeMs) };
      });
    },
    async hash(path, roots) {
      const found = await resolveUnder(path, roots);
      if (found.kind !== 'found') return { kind: 'unsteady' };
      const hashed = await orMissing(async () => {
        const file = await open(found.path, 'r');
        try {
          return await hashOpen(file);
        } finally {
          await file.close();
        }
      });
      return hashed.kind === 'hashed' ? hashed : { kind: 'unsteady' };
    },
  };
}

async function hashOpen(file: FileHandle): Promise<Hashed> {
  const before = await file.stat();
  const hash = createHash('sha256');
  const piece = Buffer.alloc(PIECE_BYTES);
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, bytes);
    if (bytesRead === 0) break;
    hash.update(piece.subarray(0, bytesRead));
    bytes += bytesRead;
  }
  const after = await file.stat();
  if (after.size !== bytes || after.mtimeMs !== before.mtimeMs) return { kind: 'unsteady' };
  return { kind: 'hashed', bytes, changedAtMs: Math.floor(after.mtimeMs), sha256: hash.digest('hex') };
}

type Missing = Extract<Sighting, { kind: 'absent' | 'refused' }>;
type Found = { readonly kind: 'found'; readonly path: string };

/** Where the path really leads, links and all: only what ends under a root, itself resolved, is looked at. */
async function resolveUnder(path: string, roots: readonly string[]): Promise<Found | Missing> {
  if (!liesUnder(path, roots)) return { kind: 'refused', why: `${path} lies under none of the arrivalRoots` };
  return orMissing(async (): Promise<Found | Missing> => {
    const real = await realpath(path);
    const realRoots = await Promise.all(roots.map((root) => orMissing(() => realpath(root))));
    const standing = realRoots.filter((root) => typeof root === 'string');
    if (!liesUnder(real, standing)) return { kind: 'refused', why: `${path} leads out of the arrivalRoots` };
    if (!(await stat(real)).isFile()) return { kind: 'refused', why: `${path} is no plain file` };
    return { kind: 'found', path: real };
  });
}

const NOT_THERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);
const NOT_READABLE = new Set(['EACCES', 'EPERM', 'EISDIR', 'EIO', 'ESTALE', 'EBUSY', 'ENAMETOOLONG']);

/** A file that is not there, or cannot be read for now, is waited for; anything else is a fault of this program. */
async function orMissing<T>(ask: () => Promise<T>): Promise<T | Missing> {
  try {
    return await ask();
  } catch (error) {
    const { code = '', message = '' } = error as NodeJS.ErrnoException;
    if (NOT_THERE.has(code)) return { kind: 'absent' };
    if (NOT_READABLE.has(code)) return { kind: 'refused', why: `it cannot be read: ${message}` };
    throw error;
  }
}
