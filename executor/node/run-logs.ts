import { join } from 'node:path';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { recoverHeldBack } from './held-back-file.ts';
import { type PruneReport, pruneRunLogs } from './prune-run-logs.ts';
import { type LogRange, type RunLogPage, readRunLog } from './read-run-log.ts';
import { type OpenRunLog, openRunLog } from './run-log.ts';
import { type FoundLines, type LogSearch, searchRunLog } from './search-run-log.ts';

/**
 * Run logs: one text file per attempt, `{dir}/YYYY-MM-DD/{logId}.log`, the day being that of the run request in UTC.
 * The name comes from two numbers, never from text of a request, so no request reaches another file.
 */
export interface RunLogs {
  open(logId: number, logDateTime: number): OpenRunLog;
  /** A page of at most 1 MiB; null when there is no such log. */
  read(logId: number, logDateTime: number, range: LogRange): Promise<RunLogPage | null>;
  /** A piece of a search; null when there is no such log. What is held back while a log is cut has no number yet. */
  search(logId: number, logDateTime: number, search: LogSearch): Promise<FoundLines | null>;
  /** Puts what killed nodes had still held back to the end of its log, but for attempts that run somewhere. */
  recover(isRunning: (logId: number) => boolean): Promise<void>;
  /**
   * Removes what is older than `beforeMs`, then the oldest until the rest is within `totalBytesMax`; never a log that
   * is open here or whose attempt `isRunning`.
   */
  prune(rules: {
    readonly beforeMs: number;
    readonly totalBytesMax: number;
    readonly isRunning: (logId: number) => boolean;
  }): Promise<PruneReport>;
}

export interface RunLogsOptions {
  readonly dir: string;
  readonly runtime: Runtime;
  /** Bytes and lines that one attempt may write; what is beyond is dropped from the middle, with a marker. */
  readonly bytesMax: number;
  readonly linesMax: number;
  /** Told once per attempt whose log cannot be written. */
  readonly onWriteError: (logId: number, error: unknown) => void;
  readonly onDropped?: (lines: number) => void;
}

const DAY_MS = 86_400_000;

export function createRunLogs(options: RunLogsOptions): RunLogs {
  const pathOf = (logId: number, atMs: number) => join(options.dir, dayOf(atMs), `${logId}.log`);
  const openLogs = new Map<string, OpenRunLog>();

  /** Asks the file of a log: the asking side may know the time in whole seconds only, at midnight another day's. */
  async function ofLog<T>(
    logId: number,
    logDateTime: number,
    ask: (path: string, log: OpenRunLog | undefined) => Promise<T | null>,
  ): Promise<T | null> {
    for (const days of [0, -1, 1]) {
      const path = pathOf(logId, logDateTime + days * DAY_MS);
      const log = openLogs.get(path);
      await log?.flushed();
      const answer = await ask(path, log);
      if (answer !== null) return answer;
    }
    return null;
  }

  /** The last lines of a log that is cut are not in its file yet; they have no number until they are. */
  function withHeldBack(page: RunLogPage, range: LogRange, log: OpenRunLog | undefined): RunLogPage {
    const held = range.kind === 'last' ? (log?.heldBack() ?? []).slice(-range.count) : [];
    return held.length === 0 ? page : { ...page, content: `${page.content}${held.join('\n')}\n` };
  }

  return {
    open(logId, logDateTime) {
      const path = pathOf(logId, logDateTime);
      const log = openRunLog({
        path,
        runtime: options.runtime,
        bytesMax: options.bytesMax,
        linesMax: options.linesMax,
        onWriteError: (error) => options.onWriteError(logId, error),
        onDropped: (lines) => options.onDropped?.(lines),
        onClosed: () => openLogs.delete(path),
      });
      openLogs.set(path, log);
      return log;
    },
    read: (logId, logDateTime, range) =>
      ofLog(logId, logDateTime, async (path, log) => {
        const page = await readRunLog(path, range, log !== undefined);
        return page === null ? null : withHeldBack(page, range, log);
      }),
    search: (logId, logDateTime, search) =>
      ofLog(logId, logDateTime, (path) => searchRunLog(path, search, options.runtime.clock)),
    recover: (isRunning) => recoverHeldBack(options.dir, isRunning),
    prune: ({ beforeMs, totalBytesMax, isRunning }) =>
      pruneRunLogs(options.dir, {
        beforeDay: dayOf(beforeMs),
        totalBytesMax,
        isWritten: ({ path, logId }) => openLogs.has(path) || isRunning(logId),
      }),
  };
}

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
