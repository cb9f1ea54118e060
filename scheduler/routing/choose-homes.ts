import type { Job } from '../definition/job-definition.ts';
import { byAddress, type LiveExecutor } from './live-executor.ts';
import { busyInWords, routeBusyover } from './route-busyover.ts';
import { routeConsistentHash } from './route-consistent-hash.ts';
import { type ProbeAnswer, routeFailover } from './route-failover.ts';
import { routeFirst } from './route-first.ts';
import { routeLast } from './route-last.ts';
import { routeLeastFrequentlyUsed } from './route-least-frequently-used.ts';
import { routeLeastRecentlyUsed } from './route-least-recently-used.ts';
import { routeRandom } from './route-random.ts';
import { routeRound } from './route-round.ts';
import { routeShardingBroadcast, type ShardHome } from './route-sharding-broadcast.ts';
import type { RouteUse } from './route-use.ts';

export interface RouteFacts {
  readonly job: Pick<Job, 'id' | 'route' | 'shardTotal'>;
  /** Those of the job's group that live and carry its labels. */
  readonly live: readonly LiveExecutor[];
  /** Addresses that went wrong a moment ago: passed over while there are others. */
  readonly avoided: ReadonlySet<string>;
  readonly roundCounter: number;
  readonly uses: ReadonlyMap<string, RouteUse>;
  /** From 0 up to, not including, 1. */
  readonly chance: number;
  /** What executors answered when they were asked, by address; null: nobody was asked yet. */
  readonly answers: ReadonlyMap<string, ProbeAnswer> | null;
}

export type RouteVerdict =
  | { readonly kind: 'chosen'; readonly homes: readonly ShardHome<LiveExecutor>[] }
  /** FAILOVER and BUSYOVER go by what executors answer; asking is for the caller, outside of any transaction. */
  | { readonly kind: 'ask'; readonly question: 'beat' | 'idleBeat'; readonly addresses: readonly string[] }
  | { readonly kind: 'nobody'; readonly reason: string };

/** Who is to work a run: where each route's rule is applied. */
export function chooseHomes(facts: RouteFacts): RouteVerdict {
  const all = byAddress(facts.live);
  if (facts.job.route === 'SHARDING_BROADCAST') {
    return { kind: 'chosen', homes: routeShardingBroadcast(all, facts.job.shardTotal) };
  }
  const healthy = all.filter((executor) => !facts.avoided.has(executor.address));
  const sorted = healthy.length > 0 ? healthy : all;
  switch (facts.job.route) {
    case 'FIRST':
      return chosen(routeFirst(sorted));
    case 'LAST':
      return chosen(routeLast(sorted));
    case 'ROUND':
      // Jobs do not all begin with the same one: what is due together for the first time would all go there.
      return chosen(routeRound(sorted, facts.job.id - 1 + facts.roundCounter));
    case 'RANDOM':
      return chosen(routeRandom(sorted, facts.chance));
    case 'CONSISTENT_HASH':
      return chosen(routeConsistentHash(sorted, facts.job.id));
    case 'LEAST_FREQUENTLY_USED':
      return chosen(routeLeastFrequentlyUsed(sorted, facts.uses));
    case 'LEAST_RECENTLY_USED':
      return chosen(routeLeastRecentlyUsed(sorted, facts.uses));
    case 'FAILOVER':
      // All are asked: one that went wrong a moment ago may answer by now, and asking costs no run.
      if (facts.answers === null) return ask('beat', all);
      return chosen(routeFailover(all, facts.answers), 'no executor answers when it is asked');
    case 'BUSYOVER':
      if (facts.answers === null) return ask('idleBeat', all);
      return chosen(routeBusyover(all, facts.answers), `no executor is free: ${busyInWords(facts.answers)}`);
  }
}

const chosen = (home: LiveExecutor | null, otherwise = 'no executor'): RouteVerdict =>
  home === null ? { kind: 'nobody', reason: otherwise } : { kind: 'chosen', homes: [{ index: 0, home }] };

const ask = (question: 'beat' | 'idleBeat', executors: readonly LiveExecutor[]): RouteVerdict => ({
  kind: 'ask',
  question,
  addresses: executors.map((executor) => executor.address),
});
