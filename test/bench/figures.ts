/** The middle of the figures; of an even number of them the mean of the middle two. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  if (below === undefined || above === undefined) throw new RangeError('a median of nothing');
  return (below + above) / 2;
}

/** `12.3 (11.9 to 13.0)`: median, least and greatest. */
export function spread(figures: readonly number[], digits = 1): string {
  const [least, greatest] = [Math.min(...figures), Math.max(...figures)];
  return `${median(figures).toFixed(digits)} (${least.toFixed(digits)} to ${greatest.toFixed(digits)})`;
}
