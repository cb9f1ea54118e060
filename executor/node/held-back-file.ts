import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { runLogFile } from './run-log-file.ts';
import { ifThere } from './run-log-index.ts';

/**
 * Beside a log that is cut lies `{logId}.log.last` while its attempt runs: the end that it would have if it were closed
 * now, at most a second old. Whoever starts after a kill puts it where it belongs.
 */
export const heldBackPathOf = (path: string): string => `${path}.last`;

export interface HeldBackKeeper {
  /** The end of the log is another one now. */
  changed(): void;
  /** The log itself has its end: the file goes. */
  close(): Promise<void>;
}

const EVERY_MS = 1_000;

export function keepHeldBack(
  path: string,
  end: () => readonly string[],
  runtime: Pick<Runtime, 'sleep'>,
): HeldBackKeeper {
  const closing = new AbortController();
  let keeping: Promise<void> | null = null;
  let dirty = false;
  let isUsed = false;

  async function keep(): Promise<void> {
    while (dirty && !closing.signal.aborted) {
      dirty = false;
      await write();
      await runtime.sleep(EVERY_MS, closing.signal).catch(() => undefined);
    }
    keeping = null;
  }

  async function write(): Promise<void> {
    const to = heldBackPathOf(path);
    try {
      // A handler that says all of it in one breath comes before the log's own first write.
      await mkdir(dirname(to), { recursive: true });
      await writeFile(`${to}.tmp`, `${end().join('\n')}\n`);
      await rename(`${to}.tmp`, to);
      isUsed = true;
    } catch {
      // The log itself is written to the same disk, and tells of it. This is for a kill that may never come.
      closing.abort();
    }
  }

  return {
    changed() {
      dirty = true;
      keeping ??= keep();
    },
    async close() {
      // Most logs are never cut; to abort for nobody costs as much as to write a line.
      if (keeping === null && !isUsed) return;
      closing.abort();
      await keeping;
      if (isUsed) await rm(heldBackPathOf(path), { force: true });
    },
  };
}

/** Strange files are left alone. */
export async function recoverHeldBack(dir: string, isRunning: (logId: number) => boolean): Promise<void> {
  for (const day of (await ifThere(readdir(dir))) ?? []) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) continue;
    for (const name of (await ifThere(readdir(join(dir, day)))) ?? []) {
      const logId = /^(\d+)\.log\.last$/.exec(name)?.[1];
      if (logId !== undefined && !isRunning(Number(logId))) await recoverOne(join(dir, day, `${logId}.log`));
    }
  }
}

async function recoverOne(path: string): Promise<void> {
  const end = await ifThere(readFile(heldBackPathOf(path), 'utf8'));
  if (end === null) return;
  const lines = end.split('\n').filter((line) => line !== '');
  await runLogFile(path).append([...lines, '[the node ended before the attempt did: a second may be missing here]']);
  await rm(heldBackPathOf(path), { force: true });
}
