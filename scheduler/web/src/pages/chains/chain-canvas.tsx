import '@xyflow/react/dist/style.css';
import './chain-canvas.css';
import dagre from '@dagrejs/dagre';
import {
  Background,
  type Connection,
  Controls,
  type Edge,
  MarkerType,
  MiniMap,
  type Node,
  Position,
  ReactFlow,
  type ReactFlowInstance,
} from '@xyflow/react';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useIsDark } from '../../app/preferences.ts';
import { inertLine } from '../../pure/inert-text.ts';
import type { ChainInput } from './edit-chain.tsx';

const WIDTH = 176;
const HEIGHT = 44;
/** All of it is seen, and a few boxes are not blown up. */
const FIT = { maxZoom: 1, padding: 0.12 };

/** The chain as a drawing: lines are drawn from box to box, and chosen ones taken away with Delete. dagre places the boxes. */
export default function ChainCanvas({
  chain,
  onChange,
  at,
  onAt,
  circle,
}: {
  readonly chain: ChainInput;
  readonly onChange: (next: ChainInput) => void;
  readonly at: string | null;
  readonly onAt: (node: string | null) => void;
  readonly circle: readonly string[] | null;
}) {
  const { t } = useTranslation();
  const isDark = useIsDark();
  const places = useMemo(() => place(chain), [chain]);
  const [flow, setFlow] = useState<ReactFlowInstance | null>(null);
  const shape = [...chain.nodes, ...chain.edges.map(({ from, to }) => `${from}>${to}`)].join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: boxes move when nodes and edges come and go, and then alone
  useEffect(() => {
    // After the boxes have been drawn where they belong now.
    const frame = requestAnimationFrame(() => void flow?.fitView(FIT));
    return () => cancelAnimationFrame(frame);
  }, [flow, shape]);
  const isRound = (from: string, to: string) =>
    circle?.some((node, index) => node === from && circle[index + 1] === to) === true;
  const nodes: Node[] = chain.nodes.map((id) => ({
    id,
    data: { label: inertLine(id) },
    position: places.get(id) ?? { x: 0, y: 0 },
    sourcePosition: Position.Bottom,
    targetPosition: Position.Top,
    selected: id === at,
    style: { width: WIDTH },
  }));
  const edges: Edge[] = chain.edges.map(({ from, to, when, milestone }) => ({
    id: `${from} > ${to}`,
    source: from,
    target: to,
    className: isRound(from, to) ? 'is-round' : `is-${when ?? 'success'}`,
    label: [
      when === undefined || when === 'success' ? '' : t(`edge.when.${when}`),
      milestone === 'DISPATCHED' ? t('edge.dispatched') : '',
    ]
      .filter((part) => part !== '')
      .join(' · '),
    markerEnd: { type: MarkerType.ArrowClosed },
  }));
  const connect = ({ source, target }: Connection) => {
    if (source === target || chain.edges.some(({ from, to }) => from === source && to === target)) return;
    onChange({ ...chain, edges: [...chain.edges, { from: source, to: target }] });
  };
  return (
    <div className="canvas">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        colorMode={isDark ? 'dark' : 'light'}
        fitView
        fitViewOptions={FIT}
        onInit={setFlow}
        minZoom={0.15}
        nodesDraggable={false}
        onConnect={connect}
        onNodeClick={(_, node) => onAt(node.id)}
        onEdgesDelete={(gone) =>
          onChange({
            ...chain,
            edges: chain.edges.filter(
              ({ from, to }) => !gone.some(({ source, target }) => source === from && target === to),
            ),
          })
        }
        deleteKeyCode={['Delete', 'Backspace']}
        onNodesDelete={(gone) => {
          const names = gone.map(({ id }) => id);
          onChange({
            ...chain,
            nodes: chain.nodes.filter((name) => !names.includes(name)),
            edges: chain.edges.filter(({ from, to }) => !names.includes(from) && !names.includes(to)),
          });
        }}
        proOptions={{ hideAttribution: false }}
        aria-label={t('chain.canvas')}
      >
        <Background gap={18} />
        <Controls showInteractive={false} />
        {chain.nodes.length > 12 && <MiniMap pannable zoomable />}
      </ReactFlow>
    </div>
  );
}

function place(chain: ChainInput): ReadonlyMap<string, { x: number; y: number }> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 26, ranksep: 48 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of chain.nodes) graph.setNode(node, { width: WIDTH, height: HEIGHT });
  for (const { from, to } of chain.edges) if (from !== to) graph.setEdge(from, to);
  dagre.layout(graph);
  return new Map(
    chain.nodes.map((name) => {
      const at = graph.node(name) as { x: number; y: number } | undefined;
      return [name, { x: (at?.x ?? 0) - WIDTH / 2, y: (at?.y ?? 0) - HEIGHT / 2 }] as const;
    }),
  );
}
