import {
  type InfiniteData,
  keepPreviousData,
  type QueryClient,
  type QueryKey,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { type ApiProblem, call, type Parts, type Reply, type RouteName } from './client.ts';
import { isConnectionLost, onConnectionChange } from './connection.ts';
import { isLive, listen, onLiveChange } from './live.ts';

const POLL_MS = 5_000;
/** Hints come in bursts; a list is read again at most so often. */
const AGAIN_MS = 1_000;
const PAGES_A_SECOND = 5;

export const useIsLive = (): boolean => useSyncExternalStore(onLiveChange, isLive);
export const useIsConnectionLost = (): boolean => useSyncExternalStore(onConnectionChange, isConnectionLost);

interface ReadOptions<R = never> {
  /** Topics of the stream at which it is read again. Without a stream it is polled instead. */
  readonly topics?: readonly string[];
  readonly enabled?: boolean;
  /** Read again so often too, whatever the stream says, while this is true: for what moves without anything being told. */
  readonly isMoving?: (reply: R) => boolean;
  /** Read again so often in any case. */
  readonly everyMs?: number;
}

/** An executor is asked about a run every 2 s at most, however many look: reading more often shows nothing new. */
const MOVING_MS = 3_000;

export function useRead<N extends RouteName>(name: N, parts: Parts<N> = {}, options: ReadOptions<Reply<N>> = {}) {
  const { topics = [], enabled = true, isMoving, everyMs } = options;
  const queryKey: QueryKey = [name, parts.params ?? null, parts.query ?? null];
  const live = useIsLive();
  const query = useQuery<Reply<N>, ApiProblem>({
    queryKey,
    queryFn: ({ signal }) => call(name, { ...parts, signal }),
    enabled,
    // Filters may keep what they showed until the next answer; another object may not.
    placeholderData: ((previous: Reply<N> | undefined, query?: { queryKey: QueryKey }) =>
      JSON.stringify(query?.queryKey[1]) === JSON.stringify(queryKey[1]) ? previous : undefined) as never,
    refetchInterval: ({ state }) => {
      if (state.data !== undefined && isMoving?.(state.data) === true) return MOVING_MS;
      return topics.length > 0 && !live ? POLL_MS : (everyMs ?? false);
    },
  });
  useTopics(query.data === undefined ? [] : topics, queryKey);
  return query;
}

type PageReply<N extends RouteName> = Reply<N> extends { items: readonly (infer T)[]; next: string | null } ? T : never;

/** A keyset list: its rows so far, and how to get more of them. */
export function usePages<N extends RouteName>(name: N, parts: Parts<N> = {}, options: ReadOptions = {}) {
  type Page = { items: PageReply<N>[]; next: string | null };
  const { topics = [], enabled = true } = options;
  const queryKey: QueryKey = [name, parts.params ?? null, parts.query ?? null, 'pages'];
  const live = useIsLive();
  const query = useInfiniteQuery<Page, ApiProblem, InfiniteData<Page>, QueryKey, string | null>({
    queryKey,
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...(parts.query as object), ...(pageParam === null ? {} : { after: pageParam }) };
      return (await call(name, { ...parts, query: query as never, signal })) as unknown as Page;
    },
    initialPageParam: null,
    getNextPageParam: (page) => page.next,
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: topics.length > 0 && !live ? POLL_MS : false,
  });
  useTopics(query.data === undefined ? [] : topics, queryKey);
  return { ...query, rows: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

/** Queries that will be read again, by their keys: of all that show the same one, the first to hear does it for all. */
const waiting = new Set<string>();

/** A tab that nobody looks at reads nothing: what it shows is marked as old, and read when it is looked at again. */
function readAgain(client: QueryClient, key: string): void {
  if (waiting.has(key)) return;
  waiting.add(key);
  const queryKey = JSON.parse(key) as QueryKey;
  // A list is read again with all the pages that it has so far: the more there are, the seldomer.
  const pages = client.getQueryData<{ readonly pages?: readonly unknown[] }>(queryKey)?.pages?.length ?? 1;
  setTimeout(
    () => {
      waiting.delete(key);
      const refetchType = document.visibilityState === 'hidden' ? 'none' : 'active';
      void client.invalidateQueries({ queryKey, exact: true, refetchType });
    },
    AGAIN_MS * Math.max(1, pages / PAGES_A_SECOND),
  );
}

/** Listens once there is an answer: a stream is refused whole when one of its topics is of something that is not there. */
function useTopics(topics: readonly string[], queryKey: QueryKey): void {
  const client = useQueryClient();
  const names = topics.join(',');
  const key = JSON.stringify(queryKey);
  useEffect(() => {
    if (names === '') return;
    const ends = names.split(',').map((topic) => listen(topic, () => readAgain(client, key)));
    return () => {
      for (const end of ends) end();
    };
  }, [client, names, key]);
}

export type { Reply };
