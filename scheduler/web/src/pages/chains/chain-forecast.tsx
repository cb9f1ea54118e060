import { useTranslation } from 'react-i18next';
import type { Reply } from '../../api/client.ts';
import { ForecastFrame } from '../../edit/forecast-frame.tsx';
import { RunForecastView } from '../../look/forecast.tsx';
import { State } from '../../look/state.tsx';
import { Duration, Inert, Instant, Said } from '../../look/values.tsx';

type Forecast = Reply<'POST /chains/:chain/dry-run'>;

const OUTCOME_STATE = { first: 'due', follows: 'waits', stands: 'stands', passed_over: 'passed_over' } as const;

/** What a dry run of a chain has found out: the order of its jobs with the times that are to be expected. */
export function ChainForecast({ forecast }: { readonly forecast: Forecast }) {
  const { t } = useTranslation();
  const { nodes, etaAtMs, cutOffAtMs, isLate } = forecast;
  const first = nodes.filter(({ run }) => run !== null);
  return (
    <ForecastFrame forecast={forecast}>
      <p>
        {etaAtMs === null ? t('dryRun.noEta') : t('dryRun.doneAt')}{' '}
        {etaAtMs !== null && <Instant atMs={etaAtMs} style="clock" />}
        {cutOffAtMs !== null && (
          <span className={`pill tone-${isLate ? 'bad' : 'ok'}`}>
            {t(isLate ? 'dryRun.late' : 'dryRun.inTime')} <Instant atMs={cutOffAtMs} style="clock" />
          </span>
        )}
      </p>
      <div className="bulk-result">
        <table className="list">
          <caption>{t('dryRun.order')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('dryRun.node')}</th>
              <th scope="col">{t('dryRun.begins')}</th>
              <th scope="col">{t('dryRun.ends')}</th>
              <th scope="col">{t('dryRun.usual')}</th>
            </tr>
          </thead>
          <tbody>
            {nodes.map((node) => (
              <tr key={node.job}>
                <td>
                  <State state={node.heldBecause === null ? OUTCOME_STATE[node.outcome] : 'held'} />{' '}
                  <Inert text={node.job} />
                  <Milestones node={node.job} edges={forecast.edges} />
                  {node.why !== null && (
                    <div className="small soft">
                      <Said text={node.why} />
                    </div>
                  )}
                </td>
                <td>
                  <Instant atMs={node.startAtMs} style="clock" />
                </td>
                <td>
                  <Instant atMs={node.endAtMs} style="clock" />
                </td>
                <td>
                  <Duration ms={node.usualMs} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {first.map(
        ({ job, run }) =>
          run !== null && (
            <div key={job}>
              <h4>
                <Inert text={job} />
              </h4>
              <RunForecastView run={run} />
            </div>
          ),
      )}
    </ForecastFrame>
  );
}

/** What its edges wait for. */
function Milestones({ node, edges }: { readonly node: string; readonly edges: Forecast['edges'] }) {
  const { t } = useTranslation();
  const into = edges.filter(({ to }) => to === node);
  if (into.length === 0) return null;
  return (
    <div className="small soft">
      {into
        .map(({ from, when, milestone }) =>
          [from, t(`edge.when.${when}`), ...(milestone === 'DISPATCHED' ? [t('edge.dispatched')] : [])].join(' '),
        )
        .join('; ')}
    </div>
  );
}
