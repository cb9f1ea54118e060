import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Reply } from '../../api/client.ts';
import { ForecastFrame } from '../../edit/forecast-frame.tsx';
import { RunForecastView } from '../../look/forecast.tsx';
import { State } from '../../look/state.tsx';
import { Duration, Inert, Instant } from '../../look/values.tsx';

/** What a dry run of a job has found out. */
export function JobForecast({ forecast }: { readonly forecast: Reply<'POST /jobs/:jobId/dry-run'> }) {
  const { t } = useTranslation();
  const { run, usualMs, etaAtMs, children } = forecast;
  return (
    <ForecastFrame forecast={forecast}>
      <RunForecastView run={run} />
      {usualMs !== null && (
        <p>
          {t('dryRun.usual')} <Duration ms={usualMs} />
          {etaAtMs !== null && (
            <>
              {', '}
              {t('dryRun.doneAt')} <Instant atMs={etaAtMs} style="clock" />
            </>
          )}
        </p>
      )}
      {children.length > 0 && (
        <div>
          <h4>{t('dryRun.follows')}</h4>
          <ul>
            {children.map((child) => (
              <li key={child.jobId}>
                <Link to={`/jobs/${child.jobId}`}>
                  <Inert text={child.name} />
                </Link>{' '}
                <span className="soft">{t(`dryRun.on.${child.on}`, { job: child.after })}</span>
                {!child.enabled && <State state="disabled" />}
                {child.heldBecause !== null && <State state="held" />}
              </li>
            ))}
          </ul>
        </div>
      )}
    </ForecastFrame>
  );
}
