import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Reply } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { Verdict } from '../../look/verdict.tsx';
import { formatCount, formatMoney } from '../../pure/format.ts';
import { sumsByCurrency } from '../../pure/money-states.ts';
import { holdsConservation } from '../../pure/night-outcome.ts';

export type NightLine = Reply<'GET /nights'>['items'][number];

/** What a night has come to: whether everything adds up, and what it left without an outcome. */
export function NightVerdict({
  night,
  group,
  isElsewhere = false,
}: {
  readonly night: NightLine;
  readonly group: string;
  /** Not on the page of its report: then there is a way to it. */
  readonly isElsewhere?: boolean;
}) {
  const { t } = useTranslation();
  const holds = holdsConservation(night);
  const unresolved = useUnresolvedWords(night);
  if (holds === null && night.state !== 'refused') return null;
  const isLeft = night.state === 'unresolved' || unresolved !== null;
  const report = `/nights/${encodeURIComponent(group)}/${encodeURIComponent(night.nightId)}`;
  const found = night.differences ?? 0;
  return (
    <Verdict
      tone={holds === false ? 'bad' : holds === null ? 'warn' : isLeft ? 'unsure' : 'ok'}
      mark={holds === false ? 'critical' : holds === null ? 'refused' : isLeft ? 'unresolved' : 'succeeded'}
      label={t('night.outcome')}
    >
      <p>
        {holds === null
          ? t('night.refused')
          : holds
            ? t('night.holds')
            : found === 0
              ? t('night.notProven')
              : t('night.breaks', { count: found, shown: found })}
      </p>
      {isLeft && (
        <p>
          {unresolved ?? t('night.carriedLeft')}{' '}
          <Link to={`/items?group=${encodeURIComponent(group)}`}>{t('night.toItems')}</Link>
        </p>
      )}
      {isElsewhere ? (
        <p>
          <Link to={report}>{t('night.toReport')}</Link>
        </p>
      ) : (
        <p className="soft">{t('night.formula')}</p>
      )}
    </Verdict>
  );
}

/** `3 items ended unresolved: 1,200.00 CNY, 500 JPY.`; null when there are none. */
function useUnresolvedWords({ totals }: NightLine): string | null {
  const { t } = useTranslation();
  const language = useLanguage();
  const sums = sumsByCurrency(totals, 'UNRESOLVED');
  const count = sums.reduce((all, one) => all + one.count, 0);
  if (count === 0) return null;
  const amounts = sums.map(
    ({ currency, amountMinor }) => `${formatMoney(amountMinor, currency, language)} ${currency}`,
  );
  return t('night.unresolved', { count, shown: formatCount(count, language), amounts: amounts.join(', ') });
}
