import { type Html, html } from './html-text.ts';
import type { CurrencyReport } from './night-report.ts';
import type { ProgressPoint } from './report-progress.ts';

/** Shapes only: the words stand beside them as text of the page, so they stay readable at any width. */

const WIDTH = 1_000;
/** What is there but too thin to be seen is drawn this wide; the figures beside it are exact. */
const SEEN_MIN = 4;

const STACKED = ['SUCCESS', 'FAILED', 'BLOCKED', 'UNRESOLVED'] as const;

/** The four groups of a leg's currency side by side, by their counts. */
export function stackedBar(groups: CurrencyReport, label: string): Html {
  const counts = STACKED.map((group) => groups[group].count);
  const widths = shareOut(counts, WIDTH);
  let x = 0;
  const parts = STACKED.map((group, index) => {
    const width = widths[index] ?? 0;
    const part =
      width === 0 ? null : html`<rect class="${group.toLowerCase()}" x="${x}" y="0" width="${width}" height="14"/>`;
    x += width;
    return part;
  });
  return html`<svg class="bar" viewBox="0 0 ${WIDTH} 14" preserveAspectRatio="none" role="img" aria-label="${label}">${parts}</svg>`;
}

/** Widths in proportion; each that is not zero is seen, at the cost of the widest. */
export function shareOut(counts: readonly number[], width: number): number[] {
  const sum = counts.reduce((a, b) => a + b, 0);
  if (sum === 0) return counts.map(() => 0);
  const widths = counts.map((count) => (count === 0 ? 0 : Math.max(SEEN_MIN, Math.round((count / sum) * width))));
  const widest = widths.indexOf(Math.max(...widths));
  widths[widest] = (widths[widest] ?? 0) + width - widths.reduce((a, b) => a + b, 0);
  return widths;
}

export function shareBar(part: number, whole: number, label: string): Html {
  const width = whole === 0 || part === 0 ? 0 : Math.max(SEEN_MIN, Math.round((part / whole) * WIDTH));
  return html`<svg class="bar" viewBox="0 0 ${WIDTH} 14" preserveAspectRatio="none" role="img" aria-label="${label}"><rect class="share" x="0" y="0" width="${width}" height="14"/></svg>`;
}

const HEIGHT = 300;

/** Items begun (area) and final (line) over the night's time; the top of the picture is what was due. */
export function progressChart(
  points: readonly ProgressPoint[],
  axis: { due: number; fromMs: number; toMs: number; cutOffAtMs: number; label: string },
): Html {
  const spanMs = Math.max(1, axis.toMs - axis.fromMs);
  const top = Math.max(1, axis.due, ...points.map((point) => point.begun));
  const x = (atMs: number): string => (((atMs - axis.fromMs) / spanMs) * WIDTH).toFixed(1);
  const y = (count: number): string => (HEIGHT - (count / top) * (HEIGHT - 6)).toFixed(1);
  const area = points.map((point) => `${x(point.atMs)},${y(point.begun)}`).join(' ');
  const line = points.map((point) => `${x(point.atMs)},${y(point.final)}`).join(' ');
  const cutOff =
    axis.cutOffAtMs > axis.fromMs && axis.cutOffAtMs < axis.toMs
      ? html`<line class="cutoff" x1="${x(axis.cutOffAtMs)}" x2="${x(axis.cutOffAtMs)}" y1="0" y2="${HEIGHT}"/>`
      : null;
  const grid = [0, 0.5, 1].map(
    (part) => html`<line class="grid" x1="0" x2="${WIDTH}" y1="${y(top * part)}" y2="${y(top * part)}"/>`,
  );
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${axis.label}">${grid}<polygon class="begun" points="0,${HEIGHT} ${area} ${WIDTH},${HEIGHT}"/><polyline class="final" points="${line}"/>${cutOff}</svg>`;
}

export const swatch = (group: string): Html =>
  group === 'final'
    ? html`<svg viewBox="0 0 12 12" aria-hidden="true"><line class="final" x1="0" x2="12" y1="6" y2="6"/></svg>`
    : html`<svg viewBox="0 0 12 12" aria-hidden="true"><rect class="${group}" width="12" height="12"/></svg>`;
