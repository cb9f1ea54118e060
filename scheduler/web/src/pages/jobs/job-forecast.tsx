import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Reply } from '../../api/client.ts';
import { Fires } from '../../edit/fires.tsx';
import { RunForecastView } from '../../look/forecast.tsx';
import { State } from '../../look/state.tsx';
import { Duration, Inert, Instant } from '../../look/values.tsx';

/** What a dry run of a job has found out. */
export function JobForecast({ forecast }: { readonly forecast: Reply<'POST /jobs/:jobId/dry-run'> }) {
  const { t } = useTranslation();
  const { heldBecause, run, usualMs, etaAtMs, children, nextFires } = forecast;
  return (
    <section className="stack" aria-label={t('dryRun.title')} role="status">
      <h3>{t('dryRun.titleFor', { date: forecast.businessDate })}</h3>
      <p className="soft small">{t('dryRun.nothing')}</p>
      {heldBecause !== null && (
        <p className="row tight">
          <State state="held" />
          <Inert text={heldBecause} />
        </p>
      )}
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
      <div>
        <h4>{t('fires.title')}</h4>
        <Fires items={nextFires} />
      </div>
    </section>
  );
}
