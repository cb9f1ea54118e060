/** Where the boxes of a graph stand and how its lines run: by rank, each rank in an order that crosses few lines. */
export interface GraphNode {
  readonly id: string;
  readonly rank: number;
}
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}
export interface LayoutOptions {
  readonly boxWidth: number;
  readonly boxHeight: number;
  /** Between ranks, and between boxes of one rank. */
  readonly rankGap: number;
  readonly gap: number;
  /** Ranks from left to right, or from top to bottom where there is little width. */
  readonly direction: 'right' | 'down';
}
export interface PlacedNode {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}
export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  /** An SVG path. */
  readonly path: string;
  /** Where its words belong: on the line, in the gap behind the box that it comes from, where no box stands. */
  readonly labelX: number;
  readonly labelY: number;
  /** On the line; or above or beside it, so that a straight one is seen, and words of two lines have room. */
  readonly labelAt: 'on' | 'above' | 'beside';
}
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

const SWEEPS = 4;

export function layOutGraph(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  options: LayoutOptions,
): GraphLayout {
  const known = new Set(nodes.map(({ id }) => id));
  const lines = edges.filter(({ from, to }) => known.has(from) && known.has(to));
  const ranks = orderRanks(nodes, lines);
  const { boxWidth, boxHeight, rankGap, gap, direction } = options;
  const [along, across] = direction === 'right' ? [boxWidth, boxHeight] : [boxHeight, boxWidth];
  const widest = Math.max(1, ...ranks.map((rank) => rank.length));
  const acrossTotal = widest * across + (widest - 1) * gap;
  const placed = ranks.flatMap((rank, depth) => {
    const used = rank.length * across + (rank.length - 1) * gap;
    return rank.map((id, index) => {
      const a = depth * (along + rankGap);
      const b = (acrossTotal - used) / 2 + index * (across + gap);
      return direction === 'right' ? { id, x: a, y: b } : { id, x: b, y: a };
    });
  });
  const at = new Map(placed.map((node) => [node.id, node]));
  const drawn = lines.map((edge) => line(edge, at, options));
  // Lines that go round boxes need room beside them.
  const room = drawn.some(({ isRound }) => isRound) ? ROUND + 12 : 0;
  const [dx, dy] = direction === 'right' ? [0, room] : [room, 0];
  const alongTotal = Math.max(0, ranks.length * (along + rankGap) - rankGap);
  return {
    width: (direction === 'right' ? alongTotal : acrossTotal) + dx,
    height: (direction === 'right' ? acrossTotal : alongTotal) + dy,
    nodes: placed.map(({ id, x, y }) => ({ id, x: x + dx, y: y + dy })),
    edges: lines.map((edge) =>
      line(edge, new Map(placed.map((one) => [one.id, { ...one, x: one.x + dx, y: one.y + dy }])), options),
    ),
  };
}

/** A way round in a circle, e.g. a > b > a, or null. */
export function findCircle(ids: readonly string[], edges: readonly GraphEdge[]): string[] | null {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const walk = (id: string, path: readonly string[]): string[] | null => {
    const seenAt = path.indexOf(id);
    if (seenAt >= 0) return [...path.slice(seenAt), id];
    if (done.has(id)) return null;
    for (const to of next.get(id) ?? []) {
      const found = walk(to, [...path, id]);
      if (found !== null) return found;
    }
    done.add(id);
    return null;
  };
  for (const id of ids) {
    const found = walk(id, []);
    if (found !== null) return found;
  }
  return null;
}

function orderRanks(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): string[][] {
  const depth = 1 + Math.max(-1, ...nodes.map(({ rank }) => rank));
  const ranks: string[][] = Array.from({ length: depth }, () => []);
  for (const { id, rank } of nodes) ranks[rank]?.push(id);
  // Each box moves towards the middle of its neighbours, downwards and upwards in turn.
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    const sequence = down ? ranks.keys() : [...ranks.keys()].reverse();
    const place = new Map(ranks.flatMap((rank) => rank.map((id, index) => [id, index / rank.length] as const)));
    for (const depthNow of sequence) {
      const rank = ranks[depthNow] ?? [];
      const middle = new Map(rank.map((id) => [id, middleOf(id, edges, place, down)]));
      ranks[depthNow] = [...rank].sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
      for (const [index, id] of (ranks[depthNow] ?? []).entries()) place.set(id, index / rank.length);
    }
  }
  return ranks;
}

function middleOf(
  id: string,
  edges: readonly GraphEdge[],
  place: ReadonlyMap<string, number>,
  fromParents: boolean,
): number {
  const neighbours = edges.flatMap(({ from, to }) => {
    if (fromParents) return to === id ? [place.get(from) ?? 0] : [];
    return from === id ? [place.get(to) ?? 0] : [];
  });
  if (neighbours.length === 0) return place.get(id) ?? 0;
  return neighbours.reduce((sum, one) => sum + one, 0) / neighbours.length;
}

/** How far beside a box a line passes that would else run through it. */
const ROUND = 16;

type DrawnEdge = PlacedEdge & { readonly isRound: boolean };

function line(edge: GraphEdge, at: ReadonlyMap<string, PlacedNode>, options: LayoutOptions): DrawnEdge {
  const a = at.get(edge.from) ?? { x: 0, y: 0 };
  const b = at.get(edge.to) ?? { x: 0, y: 0 };
  const { boxWidth, boxHeight, direction } = options;
  const right = direction === 'right';
  const x1 = right ? a.x + boxWidth : a.x + boxWidth / 2;
  const y1 = right ? a.y + boxHeight / 2 : a.y + boxHeight;
  const x2 = right ? b.x : b.x + boxWidth / 2;
  const y2 = right ? b.y + boxHeight / 2 : b.y;
  const isRound = [...at.values()].some((box) => isBetween(box, { x1, y1, x2, y2 }, options));
  // Half a box and a little: at its middle a curve is three quarters as far out as its handles.
  const aside = isRound ? ((right ? boxHeight : boxWidth) / 2 + ROUND) / 0.75 : 0;
  const bend = isRound ? options.rankGap / 2 : Math.max(16, (right ? x2 - x1 : y2 - y1) / 2);
  const path = right
    ? `M${x1},${y1} C${x1 + bend},${y1 - aside} ${x2 - bend},${y2 - aside} ${x2},${y2}`
    : `M${x1},${y1} C${x1 - aside},${y1 + bend} ${x2 - aside},${y2 - bend} ${x2},${y2}`;
  const isStraight = !isRound && Math.abs(right ? y2 - y1 : x2 - x1) < 1;
  const along = right ? [x1, x1 + bend, x2 - bend, x2] : [y1, y1 + bend, y2 - bend, y2];
  const across = right ? [y1, y1 - aside, y2 - aside, y2] : [x1, x1 - aside, x2 - aside, x2];
  const middle = (along[0] ?? 0) + options.rankGap / 2;
  const beside = bezier(across, partAt(along, middle));
  return {
    ...edge,
    path,
    labelX: right ? middle : beside,
    labelY: right ? beside : middle,
    // One that goes round leaves its box together with a straight one, whose words lie lower.
    labelAt: right ? (isStraight || isRound ? 'above' : 'on') : isStraight ? 'beside' : 'on',
    isRound,
  };
}

function bezier([a = 0, b = 0, c = 0, d = 0]: readonly number[], part: number): number {
  const rest = 1 - part;
  return rest ** 3 * a + 3 * rest ** 2 * part * b + 3 * rest * part ** 2 * c + part ** 3 * d;
}

/** Which part of a curve that leads onwards lies before `value`. */
function partAt(points: readonly number[], value: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 30; step++) {
    const half = (low + high) / 2;
    if (bezier(points, half) < value) low = half;
    else high = half;
  }
  return low;
}

/** Whether a box lies across the straight way of a line, between its ends. */
function isBetween(
  box: PlacedNode,
  { x1, y1, x2, y2 }: { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number },
  { boxWidth, boxHeight, direction }: LayoutOptions,
): boolean {
  const right = direction === 'right';
  const [from, to] = right ? [x1, x2] : [y1, y2];
  const middle = right ? box.x + boxWidth / 2 : box.y + boxHeight / 2;
  if (middle <= from || middle >= to) return false;
  const part = (middle - from) / (to - from);
  const across = right ? y1 + (y2 - y1) * part : x1 + (x2 - x1) * part;
  const side = right ? box.y : box.x;
  return across > side - 4 && across < side + (right ? boxHeight : boxWidth) + 4;
}
