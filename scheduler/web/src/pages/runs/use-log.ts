import { useCallback, useEffect, useRef, useState } from 'react';
import { call } from '../../api/client.ts';
import { listen } from '../../api/live.ts';
import { appendLines, EMPTY_WINDOW, type LogWindow, openWindow, prependLines } from '../../pure/log-window.ts';

const PAGE_LINES = 500;
/** A log that grows changes nothing in the store, so no hint says so. */
const FOLLOW_MS = 2_000;

interface PageQuery {
  readonly fromLine?: number;
  readonly linesMax?: number;
  readonly lastLines?: number;
  readonly beforeLine?: number;
}

export interface Log {
  readonly window: LogWindow;
  readonly isReading: boolean;
  readonly isMissing: boolean;
  readonly error: unknown;
  readonly readEarlier: () => void;
  readonly readLater: () => void;
  /** The window anew around a line. */
  readonly goTo: (line: number) => void;
  readonly goToEnd: () => void;
}

/** A window on a log that is opened at its end, grows where one scrolls to, and follows the end while it is asked to. */
export function useLog(logId: number, isFollowing: boolean): Log {
  const [window, setWindow] = useState<LogWindow>(EMPTY_WINDOW);
  const [isReading, setIsReading] = useState(false);
  const [isMissing, setIsMissing] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const reading = useRef<AbortController | null>(null);
  const now = useRef(window);
  now.current = window;

  /**
   * Reads a page and puts it into the window; how many lines it had. Who goes somewhere else does not wait for what is
   * being read; everybody else does, and is given 0.
   */
  const readPage = useCallback(
    async (query: PageQuery, use: (before: LogWindow, piece: LogWindow) => LogWindow, goes: 'on' | 'elsewhere') => {
      if (reading.current !== null && goes === 'on') return 0;
      reading.current?.abort();
      const mine = new AbortController();
      reading.current = mine;
      setIsReading(true);
      try {
        const page = await call('GET /logs/:logId', { params: { logId }, query, signal: mine.signal });
        setIsMissing(page.missing);
        setError(null);
        setWindow((before) => use(before, { lines: page.lines, isStart: false, isEnd: page.isEnd }));
        return page.lines.length;
      } catch (problem) {
        if (!mine.signal.aborted) setError(problem);
        return 0;
      } finally {
        if (reading.current === mine) {
          reading.current = null;
          setIsReading(false);
        }
      }
    },
    [logId],
  );
  useEffect(() => () => reading.current?.abort(), []);

  const goToEnd = useCallback(
    () => void readPage({ lastLines: PAGE_LINES }, (_, piece) => openWindow(piece), 'elsewhere'),
    [readPage],
  );
  const goTo = useCallback(
    (line: number) => {
      const around = { fromLine: Math.max(1, line - 100), linesMax: PAGE_LINES };
      void readPage(around, (_, piece) => openWindow(piece), 'elsewhere');
    },
    [readPage],
  );
  const readLater = useCallback(() => {
    const last = now.current.lines.at(-1)?.no ?? 0;
    void readPage({ fromLine: last + 1, linesMax: PAGE_LINES }, (before, piece) => appendLines(before, piece), 'on');
  }, [readPage]);
  /** What is new; of a log that grows faster than it can be read the end is shown, and what lies between is passed over. */
  const follow = useCallback(async () => {
    if (document.visibilityState === 'hidden') return;
    const last = now.current.lines.at(-1)?.no ?? 0;
    const isBehind = (lines: number) => lines >= PAGE_LINES;
    const read = await readPage(
      { fromLine: last + 1, linesMax: PAGE_LINES },
      (before, piece) => (isBehind(piece.lines.length) ? before : appendLines(before, piece)),
      'on',
    );
    if (isBehind(read)) goToEnd();
  }, [readPage, goToEnd]);
  const readEarlier = useCallback(() => {
    const first = now.current.lines[0]?.no ?? 1;
    if (now.current.isStart || first <= 1) return;
    void readPage({ beforeLine: first, lastLines: PAGE_LINES }, (before, piece) => prependLines(before, piece), 'on');
  }, [readPage]);

  useEffect(goToEnd, [goToEnd]);
  const isThere = window.lines.length > 0;
  // Of a log that is not there nothing is told, and a stream that is asked for it would be refused whole.
  useEffect(
    () => (isThere ? listen(`log:${logId}`, () => isFollowing && void follow()) : undefined),
    [isThere, logId, isFollowing, follow],
  );
  const isEnd = window.isEnd;
  useEffect(() => {
    if (!isFollowing || isEnd) return;
    const timer = setInterval(() => void follow(), FOLLOW_MS);
    return () => clearInterval(timer);
  }, [isFollowing, isEnd, follow]);

  return { window, isReading, isMissing, error, readEarlier, readLater, goTo, goToEnd };
}
