import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../app/preferences.ts';
import { type Column, List } from '../../look/list.tsx';
import { Panel } from '../../look/parts.tsx';
import { StateMark } from '../../look/state.tsx';
import { Inert } from '../../look/values.tsx';
import { formatCount, formatMoney } from '../../pure/format.ts';
import type { MoneyTotal } from '../../pure/money-states.ts';
import { type ConservationRow, conservationRows, OUTCOMES, type Sum } from '../../pure/night-outcome.ts';

/** What was due and what has become of it, as the sum that it has to be. Beside another night, what it was there. */
export function Conservation({
  totals,
  beside,
}: {
  readonly totals: readonly MoneyTotal[];
  readonly beside: { readonly date: string; readonly totals: readonly MoneyTotal[] } | null;
}) {
  const { t } = useTranslation();
  const others = new Map(conservationRows(beside?.totals ?? []).map((row) => [keyOf(row), row]));
  const columns: readonly Column<ConservationRow>[] = [
    {
      key: 'leg',
      title: t('column.leg'),
      lead: true,
      cell: ({ leg, currency }) => (
        <strong className="nowrap">
          <Inert text={leg} /> <span className="soft">{currency}</span>
        </strong>
      ),
    },
    ...(['due', ...OUTCOMES] as const).map((name): Column<ConservationRow> => {
      const sumOf = (row: ConservationRow) => (name === 'due' ? row.due : row.outcomes[name]);
      return {
        key: name,
        title: t(`column.${name}`),
        align: 'num',
        cell: (row) => {
          const other = others.get(keyOf(row));
          const there = other === undefined || beside === null ? null : { date: beside.date, sum: sumOf(other) };
          return <SumCell sum={sumOf(row)} currency={row.currency} beside={there} />;
        },
      };
    }),
    {
      key: 'adds',
      title: t('column.addsUp'),
      cell: ({ addsUp }) => (
        <span className="row tight">
          <StateMark state={addsUp ? 'succeeded' : 'critical'} />
          {addsUp ? t('common.yes') : t('common.no')}
        </span>
      ),
    },
  ];
  return (
    <Panel title={t('section.conservation')} flush>
      <List
        caption={t('section.conservation')}
        rows={conservationRows(totals)}
        rowKey={keyOf}
        empty={t('night.noRows')}
        columns={columns}
      />
    </Panel>
  );
}

function SumCell({
  sum,
  currency,
  beside,
}: {
  readonly sum: Sum;
  readonly currency: string;
  readonly beside: { readonly date: string; readonly sum: Sum } | null;
}) {
  const { t } = useTranslation();
  const language = useLanguage();
  const items = (count: number) => t('night.items', { count, shown: formatCount(count, language) });
  const amount = (minor: string) => formatMoney(minor, currency, language);
  const isOther = beside !== null && (beside.sum.count !== sum.count || beside.sum.amountMinor !== sum.amountMinor);
  return (
    <div className={isOther ? 'differs' : ''}>
      <div className={`nowrap ${sum.count === 0 ? 'soft' : ''}`}>{amount(sum.amountMinor)}</div>
      <div className="small soft nowrap">{items(sum.count)}</div>
      {isOther && (
        <div className="small soft">
          {beside.date}: {amount(beside.sum.amountMinor)}, {items(beside.sum.count)}
        </div>
      )}
    </div>
  );
}

const keyOf = ({ leg, currency }: Pick<ConservationRow, 'leg' | 'currency'>): string => `${leg} ${currency}`;
