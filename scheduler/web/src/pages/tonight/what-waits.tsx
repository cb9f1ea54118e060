import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useLanguage } from '../../app/preferences.ts';
import { Inert } from '../../look/values.tsx';
import { formatCount } from '../../pure/format.ts';
import { type MoneyTotal, waitingByLeg } from '../../pure/money-states.ts';

/** What holds up a run whose shards are all back, in words, with the way to the items that are meant. */
export function WhatWaits({ told, group }: { readonly told: readonly MoneyTotal[]; readonly group: string }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const waiting = waitingByLeg(told);
  if (waiting.length === 0) return null;
  return (
    <ul className="what-waits">
      {waiting.map(({ leg, state, count }) => (
        <li key={`${leg} ${state}`}>
          <Inert text={leg} />:{' '}
          <Link to={`/items?group=${encodeURIComponent(group)}&state=${state}`}>
            {t(`waitsFor.items.${state}`, { count, shown: formatCount(count, language) })}
          </Link>
        </li>
      ))}
    </ul>
  );
}
