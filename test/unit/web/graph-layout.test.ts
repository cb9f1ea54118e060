import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ranksOf } from '../../../scheduler/admin/night/chain-eta.ts';
import { findCircle, layOutGraph } from '../../../scheduler/web/src/pure/graph-layout.ts';

const BOX = { boxWidth: 100, boxHeight: 40, rankGap: 30, gap: 10, direction: 'right' } as const;
const edges = (...pairs: readonly string[]) => pairs.map((pair) => ({ from: pair[0] ?? '', to: pair[1] ?? '' }));

/** As the API ranks them. */
function rankNodes(ids: readonly string[], lines: ReturnType<typeof edges>) {
  const ranks = ranksOf(ids, lines);
  return ids.map((id) => ({ id, rank: ranks.get(id) ?? 0 }));
}

test('nodes stand at the longest way from a root', () => {
  expect(rankNodes(['a', 'b', 'c', 'd'], edges('ab', 'bc', 'ac', 'ad')).map(({ rank }) => rank)).toEqual([0, 1, 2, 1]);
});

test('a way round in a circle is found and told whole', () => {
  expect(findCircle(['a', 'b', 'c'], edges('ab', 'bc', 'ca'))).toEqual(['a', 'b', 'c', 'a']);
  expect(findCircle(['a', 'b'], edges('aa'))).toEqual(['a', 'a']);
  expect(findCircle(['a', 'b', 'c'], edges('ab', 'ac', 'bc'))).toBeNull();
});

test('boxes of a rank stand where lines cross least', () => {
  const nodes = rankNodes(['a', 'b', 'x', 'y'], edges('ay', 'bx'));
  const at = new Map(layOutGraph(nodes, edges('ay', 'bx'), BOX).nodes.map((node) => [node.id, node.y]));
  expect(Math.sign((at.get('a') ?? 0) - (at.get('b') ?? 0))).toBe(Math.sign((at.get('y') ?? 0) - (at.get('x') ?? 0)));
});

test('whatever the graph, no two boxes lie on each other and all lie inside', () => {
  const graph = fc.record({
    count: fc.integer({ min: 1, max: 24 }),
    pairs: fc.array(fc.tuple(fc.nat(23), fc.nat(23)), { maxLength: 50 }),
    direction: fc.constantFrom('right' as const, 'down' as const),
  });
  fc.assert(
    fc.property(graph, ({ count, pairs, direction }) => {
      const ids = Array.from({ length: count }, (_, n) => `n${n}`);
      // Lines lead onwards only: a chain has no circle.
      const lines = pairs.filter(([a, b]) => a < b && b < count).map(([a, b]) => ({ from: `n${a}`, to: `n${b}` }));
      const { nodes, width, height } = layOutGraph(rankNodes(ids, lines), lines, { ...BOX, direction });
      expect(nodes).toHaveLength(count);
      for (const [index, one] of nodes.entries()) {
        expect(one.x >= 0 && one.y >= 0 && one.x + 100 <= width && one.y + 40 <= height).toBe(true);
        for (const other of nodes.slice(index + 1)) {
          expect(Math.abs(one.x - other.x) >= 100 || Math.abs(one.y - other.y) >= 40).toBe(true);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('an edge to a node that is not shown is left out', () => {
  expect(layOutGraph([{ id: 'a', rank: 0 }], edges('ab'), BOX).edges).toEqual([]);
});

test('a line past a box goes round it, with its words', () => {
  const nodes = rankNodes(['a', 'b', 'c'], edges('ab', 'bc', 'ac'));
  const layout = layOutGraph(nodes, edges('ab', 'bc', 'ac'), BOX);
  const past = layout.edges.find(({ from, to }) => from === 'a' && to === 'c');
  const box = layout.nodes.find(({ id }) => id === 'b');
  // Its handles lie above the box, and its words before it.
  const handle = Number(/C[\d.]+,(-?[\d.]+)/.exec(past?.path ?? '')?.[1]);
  expect(handle < (box?.y ?? 0)).toBe(true);
  expect((past?.labelX ?? Number.POSITIVE_INFINITY) < (box?.x ?? 0)).toBe(true);
  expect((past?.labelY ?? -1) >= 0).toBe(true);
});

test.each([
  'right',
  'down',
] as const)('words of lines to the %s stand in the gap behind the box that they come from', (direction) => {
  const lines = edges('ab', 'bc', 'ac', 'ad', 'de');
  const layout = layOutGraph(rankNodes(['a', 'b', 'c', 'd', 'e'], lines), lines, { ...BOX, direction });
  const along = direction === 'right' ? 'x' : 'y';
  const size = direction === 'right' ? BOX.boxWidth : BOX.boxHeight;
  for (const { from, labelX, labelY } of layout.edges) {
    const source = layout.nodes.find(({ id }) => id === from);
    const label = { x: labelX, y: labelY }[along];
    expect(label - (source?.[along] ?? 0) - size, from).toBeCloseTo(BOX.rankGap / 2);
  }
});

test('words of a straight line stand beside it, and those of one that goes round out of their way', () => {
  const lines = edges('ab', 'bc', 'ac');
  const nodes = rankNodes(['a', 'b', 'c'], lines);
  const at = (direction: 'right' | 'down') =>
    layOutGraph(nodes, lines, { ...BOX, direction }).edges.map(({ from, to, labelAt }) => `${from}${to} ${labelAt}`);
  expect(at('right')).toEqual(['ab above', 'bc above', 'ac above']);
  expect(at('down')).toEqual(['ab beside', 'bc beside', 'ac on']);
});
