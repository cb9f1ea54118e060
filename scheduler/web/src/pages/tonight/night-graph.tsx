import { type CSSProperties, useId, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useEdgeNotes } from '../../look/edge-notes.ts';
import { useWidth } from '../../look/use-width.ts';
import { layOutGraph } from '../../pure/graph-layout.ts';
import { BOX_HEIGHT, type Node, NodeBox } from './node-box.tsx';
import type { ChainRunDetail } from './tonight.tsx';

type Edge = ChainRunDetail['edges'][number];

const BOX = { boxHeight: BOX_HEIGHT, gap: 16 } as const;
const WIDE = { boxWidth: 208, rankGap: 74 } as const;
const NARROW = { boxWidth: 148, rankGap: 56 } as const;
/** Beside the boxes, where a line goes round one. */
const ROUND_ROOM = 28;
/** Smaller than this is not read any more; then it is scrolled. */
const SCALE_MIN = 0.82;

/** How wide boxes and the gaps between them may be so that the whole night is seen at one look. */
function fit(width: number, ranks: number): { boxWidth: number; rankGap: number; scale: number } {
  const room = width - 36;
  const of = ({ boxWidth, rankGap }: { boxWidth: number; rankGap: number }) => ranks * (boxWidth + rankGap) - rankGap;
  if (of(WIDE) <= room) return { ...WIDE, scale: 1 };
  const rankGap = NARROW.rankGap;
  const boxWidth = Math.floor((room + rankGap) / ranks - rankGap);
  if (boxWidth >= NARROW.boxWidth) return { boxWidth: Math.min(boxWidth, WIDE.boxWidth), rankGap, scale: 1 };
  return { ...NARROW, scale: Math.max(SCALE_MIN, room / of(NARROW)) };
}

/** The chain as boxes and lines; from top to bottom where there is little width. Each box leads to its run. */
export function NightGraph({
  shown,
}: {
  readonly shown: { readonly nodes: readonly Node[]; readonly edges: readonly Edge[] };
}) {
  const { t } = useTranslation();
  const [scroll, width] = useWidth<HTMLElement>();
  const arrow = useId();
  const direction = width < 620 ? 'down' : 'right';
  const ranks = 1 + Math.max(0, ...shown.nodes.map(({ rank }) => rank));
  const widest = Math.max(1, ...countByRank(shown.nodes));
  const rankOf = new Map(shown.nodes.map(({ job, rank }) => [job, rank]));
  const mayGoRound = shown.edges.some(({ from, to }) => (rankOf.get(to) ?? 0) - (rankOf.get(from) ?? 0) > 1);
  const { boxWidth, rankGap, scale } =
    direction === 'right'
      ? fit(width, ranks)
      : {
          boxWidth: Math.max(
            140,
            Math.min(208, (width - 32 - (mayGoRound ? ROUND_ROOM : 0) - (widest - 1) * BOX.gap) / widest),
          ),
          rankGap: 44,
          scale: 1,
        };
  const layout = useMemo(
    () =>
      layOutGraph(
        shown.nodes.map(({ job, rank }) => ({ id: job, rank })),
        shown.edges,
        { ...BOX, boxWidth, rankGap, direction },
      ),
    [shown.nodes, shown.edges, direction, boxWidth, rankGap],
  );
  const nodes = new Map(shown.nodes.map((node) => [node.job, node]));
  const edges = new Map(shown.edges.map((edge) => [`${edge.from} ${edge.to}`, edge]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section className="graph-scroll" ref={scroll} tabIndex={0} aria-label={t('chain.canvas')}>
      <div className="graph" style={{ width: layout.width, height: layout.height, zoom: scale }}>
        <svg className="edges" width={layout.width} height={layout.height} aria-hidden="true">
          <defs>
            <marker
              id={arrow}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto-start-reverse"
            >
              <path d="M0.5 0.8 7.2 4 0.5 7.2z" fill="context-stroke" />
            </marker>
          </defs>
          {layout.edges.map(({ from, to, path }) => {
            const edge = edges.get(`${from} ${to}`);
            const isMoving = edge?.verdict === 'wait' && nodes.get(from)?.picture.kind === 'run';
            return (
              <path
                key={`${from} ${to}`}
                className={`edge is-${edge?.verdict ?? 'none'} ${isMoving ? 'is-moving' : ''}`}
                d={path}
                markerEnd={`url(#${arrow})`}
              />
            );
          })}
        </svg>
        {layout.edges.map(({ from, to, labelX, labelY, labelAt }) => {
          const edge = edges.get(`${from} ${to}`);
          // Words of a line to the right break in the gap between two boxes; downwards the gap is as wide as they are.
          const room = direction === 'right' ? { maxWidth: rankGap - 4 } : { whiteSpace: 'nowrap' as const };
          return edge === undefined ? null : (
            <EdgeNote
              key={`${from} ${to}`}
              edge={edge}
              at={labelAt}
              style={{ left: labelX, top: labelY, width: 'max-content', ...room }}
            />
          );
        })}
        {layout.nodes.map(({ id, x, y }) => {
          const node = nodes.get(id);
          return node === undefined ? null : (
            <NodeBox key={id} node={node} style={{ left: x, top: y, width: boxWidth }} />
          );
        })}
      </div>
    </section>
  );
}

function countByRank(nodes: readonly Node[]): number[] {
  const counts: number[] = [];
  for (const { rank } of nodes) counts[rank] = (counts[rank] ?? 0) + 1;
  return counts.map((count) => count ?? 0);
}

/** Only what differs from the usual: after success, when all is settled. */
function EdgeNote({
  edge,
  at,
  style,
}: {
  readonly edge: Edge;
  readonly at: 'on' | 'above' | 'beside';
  readonly style: CSSProperties;
}) {
  const text = useEdgeNotes()(edge);
  if (text === '') return null;
  return (
    <span className={`edge-note is-${at}`} style={style}>
      {text}
    </span>
  );
}
