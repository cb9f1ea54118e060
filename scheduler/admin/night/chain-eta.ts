/** A node as the estimate of the whole graph sees it. */
export interface EtaNode {
  readonly job: string;
  readonly endedAtMs: number | null;
  /** It will not run any more, or needs not. */
  readonly isDone: boolean;
  readonly startedAtMs: number | null;
  /** By its own progress, when it has told any. */
  readonly etaAtMs: number | null;
  /** How long it took in earlier runs (their median); null: never ran. */
  readonly usualMs: number | null;
}

type Edges = readonly { readonly from: string; readonly to: string }[];

/** When the last node is done. Null when something is left of which nobody knows how long it takes. */
export function lastOf(ends: ReadonlyMap<string, number | null>): number | null {
  const all = [...ends.values()];
  return all.length === 0 || all.includes(null) ? null : Math.max(...all.map((end) => end ?? 0));
}

/**
 * When each node is done: it begins when those before it are done, and takes as long as its progress says, or as long as it
 * usually does. Null: nobody knows.
 */
export function nodeEnds(nodes: readonly EtaNode[], edges: Edges, nowMs: number): ReadonlyMap<string, number | null> {
  const byJob = new Map(nodes.map((node) => [node.job, node]));
  const ends = new Map<string, number | null>();
  const endOf = (job: string): number | null => {
    const known = ends.get(job);
    if (known !== undefined) return known;
    const node = byJob.get(job);
    const before = edges.filter(({ to }) => to === job).map(({ from }) => endOf(from));
    const end = node === undefined ? null : estimate(node, before, nowMs);
    ends.set(job, end);
    return end;
  };
  return new Map(nodes.map(({ job }) => [job, endOf(job)]));
}

function estimate(node: EtaNode, before: readonly (number | null)[], nowMs: number): number | null {
  if (node.isDone) return node.endedAtMs ?? nowMs;
  if (node.etaAtMs !== null) return node.etaAtMs;
  if (node.usualMs === null) return null;
  if (node.startedAtMs !== null) return Math.max(nowMs, node.startedAtMs + node.usualMs);
  if (before.includes(null)) return null;
  return Math.max(nowMs, ...before.map((end) => end ?? 0)) + node.usualMs;
}

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
