import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Reply } from '../api/client.ts';
import { State } from '../look/state.tsx';
import { Inert } from '../look/values.tsx';
import { Fires } from './fires.tsx';

/** What every dry run has found out: for which date, what is in its way, and when it fires by itself next. */
export function ForecastFrame({
  forecast: { businessDate, heldBecause, nextFires },
  children,
}: {
  readonly forecast: Pick<Reply<'POST /jobs/:jobId/dry-run'>, 'businessDate' | 'heldBecause' | 'nextFires'>;
  readonly children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <section className="stack" aria-label={t('dryRun.title')} role="status">
      <h3>{t('dryRun.titleFor', { date: businessDate })}</h3>
      <p className="soft small">{t('dryRun.nothing')}</p>
      {heldBecause !== null && (
        <p className="row tight">
          <State state="held" />
          <Inert text={heldBecause} />
        </p>
      )}
      {children}
      <div>
        <h4>{t('fires.title')}</h4>
        <Fires items={nextFires} />
      </div>
    </section>
  );
}
