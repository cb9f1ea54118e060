import { BaseEdge, type Edge, type EdgeProps } from '@xyflow/react';
import { type Point, pathOf } from './chain-places.ts';

export type RoutedEdgeData = { readonly way: readonly Point[]; readonly words: string } & Record<string, unknown>;

/** A line that goes by its way, with its words in the gap behind its first box. */
export function RoutedEdge({
  id,
  sourceX,
  sourceY,
  targetX,
  targetY,
  data,
  markerEnd,
}: EdgeProps<Edge<RoutedEdgeData>>) {
  const { way = [], words = '' } = data ?? {};
  // On the way past a box there is no room for them.
  const next = way[0] ?? { x: targetX, y: targetY };
  const label = way.length > 1 ? next : { x: (sourceX + next.x) / 2, y: (sourceY + next.y) / 2 };
  return (
    <BaseEdge
      id={id}
      path={pathOf([{ x: sourceX, y: sourceY }, ...way, { x: targetX, y: targetY }])}
      label={words}
      labelX={label.x}
      labelY={label.y}
      {...(markerEnd === undefined ? {} : { markerEnd })}
    />
  );
}
