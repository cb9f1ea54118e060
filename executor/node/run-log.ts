import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { RunLog } from '../handler/handler-context.ts';
import { keepHeldBack } from './held-back-file.ts';
import { createLastLines, type LastLines } from './last-lines.ts';
import { runLogFile } from './run-log-file.ts';
import { type LineLevel, logLine, stackLines } from './run-log-text.ts';

/** One attempt's log while it is written. Writing never waits and never fails the run. */
export interface OpenRunLog extends RunLog {
  /** The error's stack and its causes, each line a line of the log of its own. */
  stack(error: unknown): void;
  /**
   * The last line, which says how the attempt ended. False: nothing stands above it, so it is not written and there is no
   * file; the journal says the same. Most runs of most jobs say nothing, and a file for each is millions of them in a day.
   * Should a line come all the same (a pipe of its process that is read to its end, a handler that was given up), it goes
   * below this one.
   */
  end(message: string): boolean;
  /** Resolves when all that was written so far is in the file, or could not be (then `onWriteError` was told). */
  flushed(): Promise<void>;
  /** Flushes and ends it; what is written later is dropped. */
  close(): Promise<void>;
  /** The last lines of a log that is cut: they are in memory until it is closed. */
  heldBack(): readonly string[];
}

export interface OpenRunLogOptions {
  readonly path: string;
  readonly runtime: Runtime;
  readonly bytesMax: number;
  readonly linesMax: number;
  /** Told once. */
  readonly onWriteError: (error: unknown) => void;
  readonly onDropped: (lines: number) => void;
  readonly onClosed: () => void;
}

/** What may wait for the disk; a handler that writes more in one breath has the rest of it dropped, and counted. */
export const PENDING_BYTES_MAX = 4 * 1_048_576;
const TAIL_BYTES_MAX = 262_144;
const TAIL_LINES_MAX = 1_000;

/**
 * The file is only ever appended to, so the number of a line never changes under a reader. What is written goes out in
 * the same turn of the event loop, or together with whatever came while the disk was busy.
 *
 * A quarter of the limit (at most 256 KiB and 1,000 lines) is kept for the end. When the rest is full, a marker says so
 * and further lines go through a ring in memory; at the close follow how much was dropped and the last lines. Until
 * then they are kept in a file beside it, written once a second: what a killed node said last is there to be read, at a
 * cost that does not grow with what it says.
 */
export function openRunLog(options: OpenRunLogOptions): OpenRunLog {
  const tail = {
    bytesMax: Math.min(TAIL_BYTES_MAX, Math.floor(options.bytesMax / 4)),
    linesMax: Math.min(TAIL_LINES_MAX, Math.floor(options.linesMax / 4)),
  };
  const file = runLogFile(options.path);
  const last = createLastLines(tail);
  const keeper = keepHeldBack(options.path, () => endOf(last), options.runtime);
  const room = { bytes: options.bytesMax - tail.bytesMax, lines: options.linesMax - tail.linesMax };
  let pending: string[] = [];
  let pendingBytes = 0;
  let gap = { lines: 0, bytes: 0 };
  let writing: Promise<void> | null = null;
  let state: 'open' | 'cut' | 'unwritable' | 'closed' = 'open';
  let silent = true;
  let unwritten: string | null = null;

  function line(level: LineLevel, message: string): void {
    if (state === 'closed') return;
    silent = false;
    if (unwritten !== null) {
      const end = unwritten;
      unwritten = null;
      line('INFO ', end);
    }
    const text = logLine(options.runtime.clock.wallMs(), level, message);
    const bytes = Buffer.byteLength(text) + 1;
    if (state === 'open' && (room.bytes < bytes || room.lines < 1)) cut();
    if (state !== 'open') {
      last.push(text, bytes);
      if (state === 'cut') keeper.changed();
    } else if (pendingBytes + bytes > PENDING_BYTES_MAX) {
      gap = { lines: gap.lines + 1, bytes: gap.bytes + bytes };
    } else {
      room.bytes -= bytes;
      room.lines -= 1;
      put(text, bytes);
    }
  }

  function cut(): void {
    state = 'cut';
    const limits = `${options.bytesMax} bytes or ${options.linesMax} lines (runLogBytesMax, runLogLinesMax)`;
    put(`[log cut: this attempt writes more than ${limits}; its last lines follow when it ends]`);
  }

  function put(text: string, bytes = 0): void {
    pending.push(text);
    pendingBytes += bytes;
    writing ??= writeOut();
  }

  /** Takes all that is pending each time round, so a chatty run costs few writes. */
  async function writeOut(): Promise<void> {
    // A turn later: a handler that writes ten lines on end makes one write of them.
    await Promise.resolve();
    while (pending.length > 0) {
      const lines = takePending();
      try {
        await file.append(lines);
      } catch (error) {
        // A full disk must not fail a run that moves money: it goes on, and its last lines are tried again at the end.
        for (const text of lines) last.push(text, Buffer.byteLength(text) + 1);
        if (state === 'closed') break;
        if (state !== 'unwritable') options.onWriteError(error);
        state = 'unwritable';
      }
    }
    writing = null;
  }

  function takePending(): string[] {
    const lines = pending;
    if (gap.lines > 0) {
      lines.push(`[${gap.lines} lines (${gap.bytes} bytes) dropped: they came faster than the disk takes them]`);
      options.onDropped(gap.lines);
    }
    pending = [];
    pendingBytes = 0;
    gap = { lines: 0, bytes: 0 };
    return lines;
  }

  function putLastLines(): void {
    const { lines } = last.dropped();
    if (lines > 0) options.onDropped(lines);
    for (const text of endOf(last)) put(text);
  }

  return {
    info: (message) => line('INFO ', message),
    warn: (message) => line('WARN ', message),
    error: (message) => line('ERROR', message),
    stack(error) {
      for (const text of stackLines(error)) line('ERROR', text);
    },
    end(message) {
      if (!silent) line('INFO ', message);
      else unwritten = message;
      return !silent;
    },
    async flushed() {
      await writing;
    },
    async close() {
      if (state === 'closed') return;
      await writing;
      state = 'closed';
      putLastLines();
      await writing;
      await keeper.close();
      options.onClosed();
    },
    heldBack: () => last.lines(),
  };
}

/** How a log that was cut ends. */
function endOf(last: LastLines): readonly string[] {
  const { lines, bytes } = last.dropped();
  return [...(lines > 0 ? [`[${lines} lines (${bytes} bytes) dropped here]`] : []), ...last.lines()];
}
