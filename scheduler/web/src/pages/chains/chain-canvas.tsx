import '@xyflow/react/dist/style.css';
import './chain-canvas.css';
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
import { useEdgeNotes } from '../../look/edge-notes.ts';
import { useWidth } from '../../look/use-width.ts';
import { inertLine } from '../../pure/inert-text.ts';
import { useCanvasWords } from './canvas-words.ts';
import { BOX_HEIGHT, BOX_WIDTH, placeChain } from './chain-places.ts';
import type { ChainInput } from './edit-chain.tsx';
import { RoutedEdge, type RoutedEdgeData } from './routed-edge.tsx';

/** All of it is seen, and a few boxes are not blown up. */
const FIT = { maxZoom: 1, padding: 0.12 };
const EDGE_TYPES = { routed: RoutedEdge };

/** The chain as a drawing: lines are drawn from box to box, and chosen ones taken away with Delete. */
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
  const notes = useEdgeNotes();
  const words = useCanvasWords();
  const [box, width] = useWidth<HTMLDivElement>();
  const places = useMemo(() => placeChain(chain), [chain]);
  const [flow, setFlow] = useState<ReactFlowInstance | null>(null);
  const shape = [...chain.nodes, ...chain.edges.map(({ from, to }) => `${from}>${to}`)].join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: boxes move when nodes and edges come and go, and have another room when the width changes
  useEffect(() => {
    // After the boxes have been drawn where they belong now.
    const frame = requestAnimationFrame(() => void flow?.fitView(FIT));
    return () => cancelAnimationFrame(frame);
  }, [flow, shape, width]);
  const isRound = (from: string, to: string) =>
    circle?.some((node, index) => node === from && circle[index + 1] === to) === true;
  // The same objects as long as nothing of them changes: of new ones the drawing forgets how large they are.
  const nodes = useMemo<Node[]>(
    () =>
      chain.nodes.map((id) => ({
        id,
        data: { label: inertLine(id) },
        position: places.nodes.get(id) ?? { x: 0, y: 0 },
        sourcePosition: Position.Bottom,
        targetPosition: Position.Top,
        selected: id === at,
        style: { width: BOX_WIDTH },
        initialWidth: BOX_WIDTH,
        initialHeight: BOX_HEIGHT,
      })),
    [chain.nodes, places, at],
  );
  const edges: Edge<RoutedEdgeData>[] = chain.edges.map((edge) => {
    const { from, to, when } = edge;
    return {
      id: `${from} > ${to}`,
      type: 'routed',
      source: from,
      target: to,
      ariaLabel: t('canvas.edgeFromTo', { from: inertLine(from), to: inertLine(to) }),
      className: isRound(from, to) ? 'is-round' : `is-${when ?? 'success'}`,
      data: { words: notes(edge), way: places.ways.get(`${from} > ${to}`) ?? [] },
      markerEnd: { type: MarkerType.ArrowClosed },
    };
  });
  const connect = ({ source, target }: Connection) => {
    if (source === target || chain.edges.some(({ from, to }) => from === source && to === target)) return;
    onChange({ ...chain, edges: [...chain.edges, { from: source, to: target }] });
  };
  return (
    <div className="canvas" ref={box}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        edgeTypes={EDGE_TYPES}
        ariaLabelConfig={words}
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
