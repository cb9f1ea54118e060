import { appendFile, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { INDEX_STRIDE, ifThere, indexPathOf, scanRunLog } from './run-log-index.ts';

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

  async function append(lines: readonly string[], from: End): Promise<End> {
    const offsets: number[] = [];
    let { bytes, lines: count } = from;
    for (const line of lines) {
      if (count > 0 && count % INDEX_STRIDE === 0) offsets.push(bytes);
      bytes += Buffer.byteLength(line) + 1;
      count += 1;
    }
    await appendFile(path, `${lines.join('\n')}\n`);
    // After the lines themselves: an index may lag behind them, never run ahead.
    await appendIndex(path, offsets);
    return { bytes, lines: count };
  }

  return {
    async append(lines) {
      const from = end ?? (await findEnd(path));
      end = null;
      end = await append(lines, from);
    },
  };
}

/** A log that is there already (a number used again, a write that failed half-way) goes on below what it has. */
async function findEnd(path: string): Promise<End> {
  await mkdir(dirname(path), { recursive: true });
  const there = await ifThere(stat(path));
  if (there === null || there.size === 0) return { bytes: 0, lines: 0 };
  const found = await scanRunLog(path);
  if (!found.endsWithBreak) await appendFile(path, '\n');
  await appendIndex(path, found.missing);
  return { bytes: found.bytes + (found.endsWithBreak ? 0 : 1), lines: found.lines };
}

async function appendIndex(path: string, offsets: readonly number[]): Promise<void> {
  if (offsets.length === 0) return;
  const bytes = Buffer.alloc(offsets.length * 8);
  for (const [n, offset] of offsets.entries()) bytes.writeBigUInt64LE(BigInt(offset), n * 8);
  await appendFile(indexPathOf(path), bytes);
}
