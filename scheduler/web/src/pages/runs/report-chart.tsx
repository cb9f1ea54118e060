import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import uPlot from 'uplot';
import type { Reply } from '../../api/client.ts';
import { useIsDark, useLanguage } from '../../app/preferences.ts';
import { useWidth } from '../../look/use-width.ts';
import { formatDuration } from '../../pure/format.ts';

/** The usual and the worst duration of each day. The table below it has the same figures. */
export default function ReportChart({ rows }: { readonly rows: Reply<'GET /reports/runs'>['items'] }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const isDark = useIsDark();
  const [box, width] = useWidth<HTMLDivElement>();
  const place = useRef<HTMLDivElement>(null);
  const names = [t('reports.durationP50'), t('reports.durationP95')] as const;
  const text = names.join('|');
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours come from the theme, words from the language
  useEffect(() => {
    const element = place.current;
    if (element === null || width < 50) return;
    const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const axis = {
      stroke: colour('--soft'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { stroke: colour('--line') },
    };
    const plot = new uPlot(
      {
        width,
        height: 220,
        cursor: { y: false },
        scales: { y: { range: (_, _min, max) => [0, max * 1.05] } },
        axes: [
          { ...axis, values: (_, splits) => splits.map((at) => new Date(at * 1_000).toISOString().slice(5, 10)) },
          { ...axis, size: 84, values: (_, splits) => splits.map((ms) => formatDuration(ms, language)) },
        ],
        series: [
          { value: (_, at) => (at == null ? '' : new Date(at * 1_000).toISOString().slice(0, 10)) },
          {
            label: names[0],
            stroke: colour('--run'),
            width: 2,
            points: { show: false },
            value: (_, ms) => (ms == null ? '–' : formatDuration(ms, language)),
          },
          {
            label: names[1],
            stroke: colour('--dawn'),
            width: 2,
            dash: [6, 4],
            points: { show: false },
            value: (_, ms) => (ms == null ? '–' : formatDuration(ms, language)),
          },
        ],
      },
      [
        rows.map(({ key }) => Date.parse(`${key}T00:00:00Z`) / 1_000),
        rows.map((row) => row.durationP50Ms),
        rows.map((row) => row.durationP95Ms),
      ],
      element,
    );
    return () => plot.destroy();
  }, [rows, width, isDark, language, text]);
  return (
    <div ref={box}>
      <div ref={place} aria-hidden="true" />
    </div>
  );
}
