import dagre from '@dagrejs/dagre';
import type { ChainInput } from './edit-chain.tsx';

export const BOX_WIDTH = 176;
export const BOX_HEIGHT = 44;
/** So near to a box a line is taken for one of its own. */
const NEAR = 8;

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface ChainPlaces {
  /** The upper left corners of the boxes. */
  readonly nodes: ReadonlyMap<string, Point>;
  /** By `from > to`: what a line goes through that would else run behind a box which is not its own. */
  readonly ways: ReadonlyMap<string, readonly Point[]>;
}

/** Where the boxes of a chain are drawn, and by which way lines go that lead past some of them. dagre places them. */
export function placeChain({ nodes, edges }: Pick<ChainInput, 'nodes' | 'edges'>): ChainPlaces {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 26, ranksep: 48 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node, { width: BOX_WIDTH, height: BOX_HEIGHT });
  const lines = edges.filter(({ from, to }) => from !== to && graph.hasNode(from) && graph.hasNode(to));
  for (const { from, to } of lines) graph.setEdge(from, to);
  dagre.layout(graph);
  const middle = (name: string): Point => (graph.node(name) as Point | undefined) ?? { x: 0, y: 0 };
  const ways = lines.flatMap(({ from, to }) => {
    const others = nodes.filter((node) => node !== from && node !== to).map(middle);
    const [start, end] = [middle(from), middle(to)];
    const ends = [
      { x: start.x, y: start.y + BOX_HEIGHT / 2 },
      { x: end.x, y: end.y - BOX_HEIGHT / 2 },
    ];
    if (!curveOf(ends).some((point) => others.some((box) => isOn(point, box)))) return [];
    const { points } = graph.edge(from, to) as { points: Point[] };
    // The first and the last are where the line meets its boxes; it is drawn from their handles.
    return [[`${from} > ${to}`, points.slice(1, -1)] as const];
  });
  const corner = (name: string): Point => ({ x: middle(name).x - BOX_WIDTH / 2, y: middle(name).y - BOX_HEIGHT / 2 });
  return { nodes: new Map(nodes.map((name) => [name, corner(name)])), ways: new Map(ways) };
}

const isOn = ({ x, y }: Point, box: Point): boolean =>
  Math.abs(x - box.x) < BOX_WIDTH / 2 + NEAR && Math.abs(y - box.y) < BOX_HEIGHT / 2;

/** A line as it is drawn: it leaves and meets each of its points upright. */
export function pathOf([first, ...rest]: readonly Point[]): string {
  let before = first ?? { x: 0, y: 0 };
  const pieces = rest.map((to) => {
    const half = (before.y + to.y) / 2;
    const piece = `C${before.x},${half} ${to.x},${half} ${to.x},${to.y}`;
    before = to;
    return piece;
  });
  return `M${first?.x ?? 0},${first?.y ?? 0} ${pieces.join(' ')}`;
}

/** Points of the same curve from one end to the other. */
function curveOf([from = { x: 0, y: 0 }, to = from]: readonly Point[]): readonly Point[] {
  return Array.from({ length: 33 }, (_, n) => {
    const part = n / 32;
    const across = part ** 2 * (3 - 2 * part);
    const along = 1.5 * part * (1 - part) ** 2 + 1.5 * part ** 2 * (1 - part) + part ** 3;
    return { x: from.x + (to.x - from.x) * across, y: from.y + (to.y - from.y) * along };
  });
}
