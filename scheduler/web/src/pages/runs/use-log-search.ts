import { useCallback, useEffect, useRef, useState } from 'react';
import { call, type Reply } from '../../api/client.ts';

type Line = Reply<'GET /logs/:logId/search'>['lines'][number];
export interface Wanted {
  readonly text: string;
  readonly level: 'info' | 'warn' | 'error' | null;
}
export interface LogHits {
  readonly lines: readonly Line[];
  /** Where it has come to; null: to the end of what is there now. */
  readonly nextFromLine: number | null;
}

/** So many hits are looked for in one go; more are a click away. */
const HITS_AT_ONCE = 200;

export interface LogSearcher {
  readonly hits: LogHits | null;
  readonly isBusy: boolean;
  readonly error: unknown;
  /** Anew, from the first line. */
  readonly start: (wanted: Wanted) => void;
  readonly goOn: () => void;
  readonly stop: () => void;
  readonly clear: () => void;
}

/**
 * Searches a log where it lies. The scheduler looks for about a second and says how far it has come; this asks on until
 * there are hits enough, the log is through or somebody stops it: in a log of 1 GB that is some seconds.
 */
export function useLogSearch(logId: number): LogSearcher {
  const [hits, setHits] = useState<LogHits | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const wanted = useRef<Wanted>({ text: '', level: null });
  const looking = useRef<AbortController | null>(null);

  const stop = useCallback(() => {
    looking.current?.abort();
    looking.current = null;
    setIsBusy(false);
  }, []);
  useEffect(() => stop, [stop]);

  const look = useCallback(
    async (before: readonly Line[], fromLine: number) => {
      stop();
      const mine = new AbortController();
      looking.current = mine;
      setIsBusy(true);
      setError(null);
      const { text, level } = wanted.current;
      const enough = before.length + HITS_AT_ONCE;
      let lines = before;
      try {
        for (let from: number | null = fromLine; from !== null && lines.length < enough; ) {
          const query = { text, fromLine: from, limit: enough - lines.length, ...(level === null ? {} : { level }) };
          const reply: Reply<'GET /logs/:logId/search'> = await call('GET /logs/:logId/search', {
            params: { logId },
            query,
            signal: mine.signal,
          });
          lines = [...lines, ...reply.lines];
          from = reply.nextFromLine;
          setHits({ lines, nextFromLine: from });
        }
      } catch (problem) {
        if (!mine.signal.aborted) setError(problem);
      } finally {
        if (looking.current === mine) stop();
      }
    },
    [logId, stop],
  );

  return {
    hits,
    isBusy,
    error,
    start: (next) => {
      wanted.current = next;
      setHits({ lines: [], nextFromLine: 1 });
      void look([], 1);
    },
    goOn: () => {
      if (hits !== null && hits.nextFromLine !== null) void look(hits.lines, hits.nextFromLine);
    },
    stop,
    clear: () => {
      stop();
      setHits(null);
      setError(null);
    },
  };
}
