import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { heldBackPathOf } from './held-back-file.ts';
import { ifThere, indexPathOf } from './run-log-index.ts';

export interface StoredLog {
  readonly path: string;
  readonly logId: number;
  /** `YYYY-MM-DD`, the day of its run request. */
  readonly day: string;
  /** Its index included. */
  readonly bytes: number;
  readonly writtenAtMs: number;
}

export interface KeepRules {
  /** Logs of earlier days go. */
  readonly beforeDay: string;
  /** Then the oldest go until the rest is not more than this. */
  readonly totalBytesMax: number;
  /** One that is still written stays, however old and large. */
  readonly isWritten: (log: StoredLog) => boolean;
}

export interface PruneReport {
  readonly removedByAge: number;
  readonly removedBySize: number;
  readonly bytes: number;
}

/** Which logs go, and why. */
export function chooseLogsToRemove(
  logs: readonly StoredLog[],
  { beforeDay, totalBytesMax, isWritten }: KeepRules,
): { byAge: StoredLog[]; bySize: StoredLog[] } {
  const free = logs.filter((log) => !isWritten(log));
  const byAge = free.filter((log) => log.day < beforeDay);
  let bytes = sum(logs) - sum(byAge);
  const bySize: StoredLog[] = [];
  const oldestFirst = (a: StoredLog, b: StoredLog) => a.writtenAtMs - b.writtenAtMs || a.logId - b.logId;
  for (const log of free.filter(({ day }) => day >= beforeDay).sort(oldestFirst)) {
    if (bytes <= totalBytesMax) break;
    bySize.push(log);
    bytes -= log.bytes;
  }
  return { byAge, bySize };
}

/** Removes what the rules do not keep. Strange files and folders are left alone. */
export async function pruneRunLogs(dir: string, rules: KeepRules): Promise<PruneReport> {
  const logs = await listRunLogs(dir);
  const { byAge, bySize } = chooseLogsToRemove(logs, rules);
  const removed = [...byAge, ...bySize];
  for (const { path } of removed) {
    // The log first: an index alone is nothing that anybody finds.
    await rm(path, { force: true });
    await rm(indexPathOf(path), { force: true });
    await rm(heldBackPathOf(path), { force: true });
  }
  for (const day of new Set(removed.map((log) => log.day))) await removeIfEmpty(join(dir, day));
  return { removedByAge: byAge.length, removedBySize: bySize.length, bytes: sum(logs) - sum(removed) };
}

async function listRunLogs(dir: string): Promise<StoredLog[]> {
  const logs: StoredLog[] = [];
  for (const day of await namesIn(dir, /^\d{4}-\d{2}-\d{2}$/)) {
    for (const name of await namesIn(join(dir, day), /^\d+\.log$/)) {
      const path = join(dir, day, name);
      const log = await ifThere(stat(path));
      const index = await ifThere(stat(indexPathOf(path)));
      if (log === null) continue;
      const bytes = log.size + (index?.size ?? 0);
      logs.push({ path, logId: Number.parseInt(name, 10), day, bytes, writtenAtMs: log.mtimeMs });
    }
  }
  return logs;
}

async function namesIn(dir: string, shape: RegExp): Promise<string[]> {
  return ((await ifThere(readdir(dir))) ?? []).filter((name) => shape.test(name)).sort();
}

async function removeIfEmpty(dir: string): Promise<void> {
  try {
    await rmdir(dir);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

const sum = (logs: readonly StoredLog[]): number => logs.reduce((total, { bytes }) => total + bytes, 0);
