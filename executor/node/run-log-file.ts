import { mkdirSync, writeFileSync } from 'node:fs';
import { appendFile, type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { INDEX_STRIDE, indexPathOf, scanRunLog } from './run-log-index.ts';

/** The file of one run log while it grows: lines at its end, and beside it an index of every 256th line. */
export interface RunLogFile {
  /** Throws what the file system throws; the next append then looks at what is there. */
  append(lines: readonly string[]): Promise<void>;
}

interface End {
  readonly bytes: number;
  readonly lines: number;
}

/** Opened for each append and closed after it: a handler that never returns holds no file open. */
export function runLogFile(path: string): RunLogFile {
  let end: End | null = null;

  async function write(handle: FileHandle, lines: readonly string[], from: End): Promise<End> {
    const offsets: number[] = [];
    let { bytes, lines: count } = from;
    for (const line of lines) {
      if (count > 0 && count % INDEX_STRIDE === 0) offsets.push(bytes);
      bytes += Buffer.byteLength(line) + 1;
      count += 1;
    }
    await handle.appendFile(`${lines.join('\n')}\n`);
    // After the lines themselves: an index may lag behind them, never run ahead.
    await appendIndex(path, offsets);
    return { bytes, lines: count };
  }

  return {
    async append(lines) {
      const begun = end === null ? beginWith(path, lines) : null;
      if (begun !== null) {
        end = begun;
        return;
      }
      const handle = await openAtEnd(path);
      try {
        const from = end ?? (await findEnd(path, handle));
        end = null;
        end = await write(handle, lines, from);
      } finally {
        await handle.close();
      }
    },
  };
}

// The last lines of most logs are their first.
const BEGIN_BYTES_MAX = 16_384;

/**
 * A new log with a few lines is written in one call, without the thread pool: four trips to it and back were the dearest
 * part of a run that says nothing, a quarter of the processor time of a node that has thousands of them. It is written to
 * the memory of the file system; the journal beside it waits for the disk in this very thread. Null: it is not so small, or
 * it is there already.
 */
function beginWith(path: string, lines: readonly string[]): End | null {
  const text = `${lines.join('\n')}\n`;
  const bytes = Buffer.byteLength(text);
  if (bytes > BEGIN_BYTES_MAX || lines.length >= INDEX_STRIDE) return null;
  const write = (): End => {
    writeFileSync(path, text, { flag: 'ax' });
    return { bytes, lines: lines.length };
  };
  try {
    return write();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return null;
    if (code !== 'ENOENT') throw error;
    // The folder of the day is made for its first log, and not asked for by each of the others.
    mkdirSync(dirname(path), { recursive: true });
    return write();
  }
}

/** A log that is there already (a number used again, a write that failed half-way) goes on below what it has. */
async function findEnd(path: string, handle: FileHandle): Promise<End> {
  if ((await handle.stat()).size === 0) return { bytes: 0, lines: 0 };
  const found = await scanRunLog(path);
  if (!found.endsWithBreak) await handle.appendFile('\n');
  await appendIndex(path, found.missing);
  return { bytes: found.bytes + (found.endsWithBreak ? 0 : 1), lines: found.lines };
}

async function openAtEnd(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true });
    return open(path, 'a');
  }
}

async function appendIndex(path: string, offsets: readonly number[]): Promise<void> {
  if (offsets.length === 0) return;
  const bytes = Buffer.alloc(offsets.length * 8);
  for (const [n, offset] of offsets.entries()) bytes.writeBigUInt64LE(BigInt(offset), n * 8);
  await appendFile(indexPathOf(path), bytes);
}
