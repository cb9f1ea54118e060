import { useTranslation } from 'react-i18next';
import type { Reply } from '../api/client.ts';
import { useLanguage } from '../app/preferences.ts';
import { Ago } from '../look/values.tsx';
import { formatDuration } from '../pure/format.ts';

/** The next fires as wall time of their zone; where the clocks change in between, that is said. */
export function Fires({ items }: { readonly items: Reply<'GET /jobs/:jobId/next-fires'>['items'] }) {
  const { t } = useTranslation();
  const language = useLanguage();
  if (items.length === 0) return <p className="soft">{t('fires.none')}</p>;
  return (
    <ol className="fires" aria-label={t('fires.title')}>
      {items.map(({ atMs, local, clockChange }) => (
        <li key={atMs}>
          <span>{local}</span>
          <span className="small soft">
            <Ago atMs={atMs} />
          </span>
          {clockChange !== null && (
            <span className="pill tone-warn">
              {t(clockChange.offsetAfterMs > clockChange.offsetBeforeMs ? 'fires.forward' : 'fires.back', {
                span: formatDuration(Math.abs(clockChange.offsetAfterMs - clockChange.offsetBeforeMs), language),
              })}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
