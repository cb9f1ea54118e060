import { useCallback, useEffect, useRef, useState } from 'react';
import { call } from '../../api/client.ts';
import { listen } from '../../api/live.ts';
import { useIsLive } from '../../api/read.ts';
import { appendLines, EMPTY_WINDOW, type LogWindow, openWindow, prependLines } from '../../pure/log-window.ts';

const PAGE_LINES = 500;
const FOLLOW_MS = 2_000;
const FOLLOW_BEHIND_HINTS_MS = 10_000;

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
  const busy = useRef(false);
  const now = useRef(window);
  now.current = window;
  const live = useIsLive();

  const read = useCallback(
    async (
      query: { fromLine?: number; lastLines?: number; beforeLine?: number },
      use: (before: LogWindow, piece: LogWindow) => LogWindow,
    ) => {
      if (busy.current) return;
      busy.current = true;
      setIsReading(true);
      try {
        const page = await call('GET /logs/:logId', { params: { logId }, query });
        setIsMissing(page.missing);
        setError(null);
        setWindow((before) => use(before, { lines: page.lines, isStart: false, isEnd: page.isEnd }));
      } catch (problem) {
        setError(problem);
      } finally {
        busy.current = false;
        setIsReading(false);
      }
    },
    [logId],
  );

  const goToEnd = useCallback(() => void read({ lastLines: PAGE_LINES }, (_, piece) => openWindow(piece)), [read]);
  const goTo = useCallback(
    (line: number) =>
      void read({ fromLine: Math.max(1, line - 100), lastLines: PAGE_LINES }, (_, piece) => openWindow(piece)),
    [read],
  );
  const readLater = useCallback(() => {
    const last = now.current.lines.at(-1)?.no ?? 0;
    void read({ fromLine: last + 1, lastLines: PAGE_LINES }, (before, piece) => appendLines(before, piece));
  }, [read]);
  const readEarlier = useCallback(() => {
    const first = now.current.lines[0]?.no ?? 1;
    if (now.current.isStart || first <= 1) return;
    void read({ beforeLine: first, lastLines: PAGE_LINES }, (before, piece) => prependLines(before, piece));
  }, [read]);

  useEffect(goToEnd, [goToEnd]);
  useEffect(() => listen(`log:${logId}`, () => isFollowing && readLater()), [logId, isFollowing, readLater]);
  const isEnd = window.isEnd;
  useEffect(() => {
    if (!isFollowing || isEnd) return;
    const timer = setInterval(readLater, live ? FOLLOW_BEHIND_HINTS_MS : FOLLOW_MS);
    return () => clearInterval(timer);
  }, [isFollowing, isEnd, live, readLater]);

  return { window, isReading, isMissing, error, readEarlier, readLater, goTo, goToEnd };
}
