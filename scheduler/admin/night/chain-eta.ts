import { judgeChain, type NodeFacts, type NodePicture } from '../../chain/judge-chain.ts';
import { type Chain, edgesInto } from '../../definition/chain-definition.ts';
import { isRunEnded } from '../../run/run-transitions.ts';

/** What is known of how long the run of a node takes. */
export interface SeenRun {
  /** When the first of it was sent to an executor; null: nothing was, it waits. */
  readonly begunAtMs: number | null;
  readonly endedAtMs: number | null;
  /** By its own pace, when it has one. */
  readonly etaAtMs: number | null;
  /** Its executors were asked, and nothing of it is done. */
  readonly isUntouched: boolean;
}

/** A chain run as it stands; of one that has just begun no node has a run. */
export interface StandingChain {
  readonly chain: Pick<Chain, 'nodes' | 'edges' | 'joinAny'>;
  readonly facts: ReadonlyMap<string, NodeFacts>;
  readonly runs: ReadonlyMap<string, SeenRun>;
  /** How long each job usually takes; one that is not there never ran. */
  readonly usualMs: ReadonlyMap<string, number>;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly cutOffAtMs: number | null;
}

/** A node as it would go on from here if everything succeeds. */
export interface NodeForecast {
  readonly job: string;
  /** `first`: it has begun, or begins at once. `follows`: after others. `stands`: an earlier run stands for it. `passed_over`: never, and why. */
  readonly outcome: 'first' | 'follows' | 'stands' | 'passed_over';
  readonly why: string | null;
  readonly startAtMs: number | null;
  /** Null: nobody knows. */
  readonly endAtMs: number | null;
  /** It ends no sooner than this, also where nobody knows when. */
  readonly soonestAtMs: number;
}

/**
 * The nodes in the order in which they begin, with their times. The rules of edges are those that decide in earnest
 * (`judgeChain`): each node that is at work or may begin is taken as succeeded, until nothing changes. So what only
 * follows a failure is passed over, and holds up no estimate. Pure.
 */
export function forecastNodes(standing: StandingChain): NodeForecast[] {
  const { chain, startedAtMs, nowMs, cutOffAtMs } = standing;
  const facts = new Map(standing.facts);
  const forecasts = new Map<string, NodeForecast>();
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    for (const [job, picture] of judgeChain(chain, facts, { startedAtMs, nowMs, cutOffAtMs }).nodes) {
      const forecast = forecasts.has(job) ? null : forecastOf(job, picture, standing, forecasts);
      if (forecast === null) continue;
      forecasts.set(job, forecast);
      isMoving = true;
      const isOpen = picture.kind === 'due' || (picture.kind === 'run' && !isRunEnded(picture.state));
      if (isOpen) facts.set(job, { run: { state: 'succeeded', dispatchedAtMs: nowMs, reason: null }, mark: null });
    }
  }
  // Each came in behind those that it waits for: so they stay where nobody knows when they begin.
  return [...forecasts.values()].sort(
    (a, b) => (a.startAtMs ?? Infinity) - (b.startAtMs ?? Infinity) || rank(a) - rank(b),
  );
}

/** When the last node ends. Null when something is left of which nobody knows how long it takes. */
export function lastEnd(nodes: readonly NodeForecast[]): number | null {
  const ends = nodes.filter(isToCome).map(({ endAtMs }) => endAtMs);
  return ends.length === 0 || ends.includes(null) ? null : Math.max(...ends.map((end) => end ?? 0));
}

/** The whole ends no sooner than this. */
export const soonestEnd = (nodes: readonly NodeForecast[], nowMs: number): number =>
  Math.max(nowMs, ...nodes.filter(isToCome).map(({ soonestAtMs }) => soonestAtMs));

const isToCome = ({ outcome }: NodeForecast): boolean => outcome !== 'passed_over';

function forecastOf(
  job: string,
  picture: NodePicture,
  standing: StandingChain,
  known: ReadonlyMap<string, NodeForecast>,
): NodeForecast | null {
  const { nowMs } = standing;
  switch (picture.kind) {
    case 'waits':
      return null;
    case 'stands':
      return { job, outcome: 'stands', why: picture.mark, startAtMs: null, endAtMs: nowMs, soonestAtMs: nowMs };
    case 'passed_over':
      return { job, outcome: 'passed_over', why: picture.why, startAtMs: null, endAtMs: null, soonestAtMs: nowMs };
    case 'run': {
      const run = standing.runs.get(job) ?? null;
      const startAtMs = run?.begunAtMs ?? nowMs;
      return {
        job,
        outcome: 'first',
        why: null,
        startAtMs,
        ...endOfRun(run, standing.usualMs.get(job) ?? null, nowMs),
      };
    }
    case 'due':
      return following(job, standing, known);
  }
}

type End = Pick<NodeForecast, 'endAtMs' | 'soonestAtMs'>;

/** A run that never ran before and says nothing is believed to take at least this part longer than it has. */
const UNKNOWN_PART = 1 / 5;

/**
 * When a run that there is ends. Its own pace counts most; then what it usually takes, from when it began, or from now on
 * where nothing of it is done. What is overdue is believed to be overdue once as long again: so a run that says nothing is
 * known to be late halfway from its usual end to the cut-off, and not when that is past.
 */
function endOfRun(run: SeenRun | null, usualMs: number | null, nowMs: number): End {
  const at = (end: number): End => ({ endAtMs: end, soonestAtMs: end });
  if (run !== null && run.endedAtMs !== null) return at(run.endedAtMs);
  if (run !== null && run.etaAtMs !== null && !isNoise(run, run.etaAtMs, nowMs))
    return at(Math.max(nowMs, run.etaAtMs));
  const begunAtMs = run === null || run.isUntouched ? nowMs : (run.begunAtMs ?? nowMs);
  const tookMs = nowMs - begunAtMs;
  if (usualMs === null) return { endAtMs: null, soonestAtMs: Math.round(nowMs + tookMs * UNKNOWN_PART) };
  return at(tookMs < usualMs ? begunAtMs + usualMs : nowMs + (tookMs - usualMs));
}

const PACE_MS_MIN = 60_000;
const PACE_PART_MIN = 1 / 20;

/** The pace of the first moments, with next to nothing done: connections are opened, caches are cold. */
function isNoise({ begunAtMs }: SeenRun, etaAtMs: number, nowMs: number): boolean {
  const tookMs = nowMs - (begunAtMs ?? nowMs);
  return tookMs < PACE_MS_MIN && tookMs < (etaAtMs - nowMs + tookMs) * PACE_PART_MIN;
}

/** A node without a run: it begins when those before it are done. */
function following(
  job: string,
  { chain, usualMs, nowMs }: StandingChain,
  known: ReadonlyMap<string, NodeForecast>,
): NodeForecast {
  const parents = edgesInto(chain, job).flatMap(({ from }) => known.get(from) ?? []);
  const isFirst = parents.every(({ outcome }) => outcome === 'stands');
  // A parent that is passed over holds nobody up: an edge that needs it is not met, one that does not is met at once.
  const before = parents.filter(isToCome);
  const ends = before.flatMap(({ endAtMs }) => endAtMs ?? []);
  const isAny = chain.joinAny.includes(job);
  const isKnown = isAny ? ends.length > 0 || before.length === 0 : ends.length === before.length;
  const join = (instants: readonly number[]): number =>
    instants.length === 0 ? nowMs : Math.max(nowMs, isAny ? Math.min(...instants) : Math.max(...instants));
  const startAtMs = isKnown ? join(ends) : null;
  const takesMs = usualMs.get(job) ?? null;
  return {
    job,
    outcome: isFirst ? 'first' : 'follows',
    why: null,
    startAtMs,
    endAtMs: startAtMs === null || takesMs === null ? null : startAtMs + takesMs,
    soonestAtMs: join(before.map(({ soonestAtMs }) => soonestAtMs)) + (takesMs ?? 0),
  };
}

const RANKS = ['stands', 'first', 'follows', 'passed_over'];
const rank = ({ outcome }: NodeForecast): number => RANKS.indexOf(outcome);

/** From the roots, 0 on: one more than the farthest of those before it. */
export function ranksOf(
  nodes: readonly string[],
  edges: readonly { readonly from: string; readonly to: string }[],
): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const rankOf = (job: string): number => {
    const known = ranks.get(job);
    if (known !== undefined) return known;
    const into = edges.filter(({ to }) => to === job);
    const rank = into.length === 0 ? 0 : 1 + Math.max(...into.map(({ from }) => rankOf(from)));
    ranks.set(job, rank);
    return rank;
  };
  for (const job of nodes) rankOf(job);
  return ranks;
}
