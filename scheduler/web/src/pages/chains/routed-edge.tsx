import { BaseEdge, type Edge, type EdgeProps } from '@xyflow/react';
import { type Point, pathOf } from './chain-places.ts';

export type RoutedEdgeData = { readonly way: readonly Point[]; readonly words: string } & Record<string, unknown>;

/** A line that goes by its way, with its words in the middle. */
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
  const middle = way[Math.floor(way.length / 2)] ?? { x: (sourceX + targetX) / 2, y: (sourceY + targetY) / 2 };
  return (
    <BaseEdge
      id={id}
      path={pathOf([{ x: sourceX, y: sourceY }, ...way, { x: targetX, y: targetY }])}
      label={words}
      labelX={middle.x}
      labelY={middle.y}
      {...(markerEnd === undefined ? {} : { markerEnd })}
    />
  );
}
