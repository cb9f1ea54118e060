import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useRead } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { Empty, Loaded } from '../../look/parts.tsx';
import { StateMark, toneOf, useStateWord } from '../../look/state.tsx';
import { Inert, serverNow } from '../../look/values.tsx';
import { formatDuration } from '../../pure/format.ts';

/** The last nights side by side, the newest at the right: how long each took, and how each job ended. */
export function NightGrid({ chain }: { readonly chain: string }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const word = useStateWord();
  const grid = useRead('GET /grid', { query: { chain, n: 14 } }, { topics: ['tonight'] });
  return (
    <Loaded of={grid}>
      {({ nodes, rows }) => {
        if (rows.length === 0) return <Empty>{t('grid.none')}</Empty>;
        const nights = [...rows].reverse().map((row) => ({
          ...row,
          spanMs: (row.run.endedAtMs ?? serverNow()) - row.run.startedAtMs,
        }));
        const longest = Math.max(...nights.map(({ spanMs }) => spanMs), 1);
        return (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
          <section className="table-wrap" tabIndex={0} aria-label={t('nav.nights')}>
            <table className="nights">
              <caption className="visually-hidden">{t('tonight.nights')}</caption>
              <thead>
                <tr>
                  <th scope="col">
                    <span className="visually-hidden">{t('nav.jobs')}</span>
                  </th>
                  {nights.map(({ run, spanMs }) => {
                    const says = `${run.businessDate}: ${word(run.state)}, ${formatDuration(spanMs, language)}`;
                    return (
                      <th scope="col" key={run.id}>
                        <Link to={`/?chainRun=${run.id}`} title={says} aria-label={says} className="night-bar">
                          <i
                            className={`tone-${toneOf(run.state)}`}
                            style={{ height: `${Math.max(4, (spanMs / longest) * 62)}px` }}
                          />
                          {run.businessDate.slice(5)}
                        </Link>
                      </th>
                    );
                  })}
                </tr>
              </thead>
              <tbody>
                {nodes.map((node, index) => (
                  <tr key={node}>
                    <th scope="row" className="cut">
                      <Inert text={node} />
                    </th>
                    {nights.map(({ run, cells }) => {
                      const cell = cells[index] ?? null;
                      if (cell === null) return <td key={run.id} className="soft" aria-label={t('grid.noRun')} />;
                      const span = cell.durationMs === null ? '' : `, ${formatDuration(cell.durationMs, language)}`;
                      const says = `${run.businessDate} ${node}: ${word(cell.state)}${span}`;
                      return (
                        <td key={run.id}>
                          <Link to={`/runs/${cell.runId}`} title={says} aria-label={says}>
                            <StateMark state={cell.state} />
                          </Link>
                        </td>
                      );
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        );
      }}
    </Loaded>
  );
}
