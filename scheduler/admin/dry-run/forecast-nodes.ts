import { judgeChain, type NodeFacts } from '../../chain/judge-chain.ts';
import { type Chain, edgesInto } from '../../definition/chain-definition.ts';

/** A node of a chain run that has just begun, as it would go on if everything succeeds. */
export interface NodeForecast {
  readonly job: string;
  /** `first`: at once. `follows`: after others. `stands`: an earlier run stands for it. `passed_over`: never, and why. */
  readonly outcome: 'first' | 'follows' | 'stands' | 'passed_over';
  readonly why: string | null;
  readonly startAtMs: number | null;
  readonly endAtMs: number | null;
}

/** From where the chain run stands now. */
export interface BeginningChain {
  readonly chain: Pick<Chain, 'nodes' | 'edges' | 'joinAny'>;
  readonly facts: ReadonlyMap<string, NodeFacts>;
  /** How long each job usually takes; one that is not there never ran. */
  readonly usualMs: ReadonlyMap<string, number>;
  readonly nowMs: number;
  readonly cutOffAtMs: number | null;
}

/**
 * The nodes in the order in which they would begin, with their times. The rules of edges are those that decide in earnest
 * (`judgeChain`): each node that may begin is taken as succeeded, until nothing changes. What only follows a failure is
 * passed over. Pure.
 */
export function forecastNodes(beginning: BeginningChain): NodeForecast[] {
  const { chain, usualMs, nowMs, cutOffAtMs } = beginning;
  const times = { startedAtMs: nowMs, nowMs, cutOffAtMs };
  const facts = new Map(beginning.facts);
  const forecasts = new Map<string, NodeForecast>();
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    const { nodes } = judgeChain(chain, facts, times);
    for (const [job, picture] of nodes) {
      if (forecasts.has(job)) continue;
      if (picture.kind === 'stands') {
        forecasts.set(job, { job, outcome: 'stands', why: picture.mark, startAtMs: null, endAtMs: nowMs });
      } else if (picture.kind === 'passed_over') {
        forecasts.set(job, { job, outcome: 'passed_over', why: picture.why, startAtMs: null, endAtMs: null });
      } else if (picture.kind === 'due' || picture.kind === 'run') {
        forecasts.set(job, timed(job, beginning, forecasts, usualMs.get(job) ?? null));
        facts.set(job, { run: { state: 'succeeded', dispatchedAtMs: nowMs, reason: null }, mark: null });
      } else continue;
      isMoving = true;
    }
  }
  const order = chain.nodes.flatMap((job) => forecasts.get(job) ?? []);
  return order.sort((a, b) => (a.startAtMs ?? Infinity) - (b.startAtMs ?? Infinity) || rank(a) - rank(b));
}

function timed(
  job: string,
  { chain, nowMs }: BeginningChain,
  known: ReadonlyMap<string, NodeForecast>,
  usualMs: number | null,
): NodeForecast {
  const parents = edgesInto(chain, job).map(({ from }) => known.get(from));
  const isFirst = parents.every((parent) => parent?.outcome === 'stands');
  // A parent that is passed over holds nobody up: an edge that needs it is not met, one that does not is met at once.
  const ends = parents.filter((parent) => parent !== undefined && parent.outcome !== 'passed_over');
  const instants = ends.flatMap((parent) => parent?.endAtMs ?? []);
  const isAny = chain.joinAny.includes(job);
  const isKnown = isAny ? instants.length > 0 || ends.length === 0 : instants.length === ends.length;
  const afterMs = ends.length === 0 ? nowMs : isAny ? Math.min(...instants) : Math.max(...instants);
  const startAtMs = isKnown ? Math.max(nowMs, afterMs) : null;
  const endAtMs = startAtMs === null || usualMs === null ? null : startAtMs + usualMs;
  return { job, outcome: isFirst ? 'first' : 'follows', why: null, startAtMs, endAtMs };
}

const RANKS = ['stands', 'first', 'follows', 'passed_over'];
const rank = ({ outcome }: NodeForecast): number => RANKS.indexOf(outcome);
