import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../app/preferences.ts';
import { Empty } from '../../look/parts.tsx';
import { toneOf, useStateWord } from '../../look/state.tsx';
import { Inert } from '../../look/values.tsx';
import { formatCount, formatMoney } from '../../pure/format.ts';
import { type MoneyTotal, moneyBars } from '../../pure/money-states.ts';

/** Money by state: widths are counts, words are counts and sums. What has no outcome is hatched, never green or red. */
export function Money({
  frozen,
  told,
}: {
  readonly frozen: readonly MoneyTotal[];
  readonly told: readonly MoneyTotal[];
}) {
  const { t } = useTranslation();
  const language = useLanguage();
  const word = useStateWord();
  const bars = moneyBars(frozen, told);
  if (bars.length === 0) return <Empty>{t('money.none')}</Empty>;
  return (
    <div className="money">
      {bars.map(({ leg, currency, frozen: start, parts, untold }) => {
        const shown = [...parts, ...(untold > 0 ? [{ state: 'untold', count: untold, amountMinor: '' }] : [])];
        return (
          <div key={`${leg} ${currency}`}>
            <div className="money-head">
              <strong>
                <Inert text={leg} /> <span className="soft">{currency}</span>
              </strong>
              {start !== null && (
                <span className="soft">
                  {t('money.frozen', {
                    count: start.count,
                    shown: formatCount(start.count, language),
                    amount: formatMoney(start.amountMinor, currency, language),
                  })}
                </span>
              )}
            </div>
            <div className="money-bar" aria-hidden="true">
              {shown.map(({ state, count }) => (
                <span key={state} className={lookOf(state)} style={{ flexGrow: count }} />
              ))}
            </div>
            <ul className="legend">
              {shown.map(({ state, count, amountMinor }) => (
                <li key={state}>
                  <i className={lookOf(state)} aria-hidden="true" />
                  <span>
                    {word(state)} <b>{formatCount(count, language)}</b>{' '}
                    {amountMinor !== '' && <span className="soft">{formatMoney(amountMinor, currency, language)}</span>}
                  </span>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </div>
  );
}

/** A colour is shared by several states: the pattern tells them apart. */
const lookOf = (state: string): string => `tone-${toneOf(state)} is-${state}`;
