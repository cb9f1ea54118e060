import { useTranslation } from 'react-i18next';
import type { Reply } from '../../api/read.ts';
import { useLanguage, useWording } from '../../app/preferences.ts';
import { Empty } from '../../look/parts.tsx';
import { useStateWord } from '../../look/state.tsx';
import { Inert } from '../../look/values.tsx';
import { formatCount, formatMoney } from '../../pure/format.ts';

type Section = Reply<'GET /nights/report'>['sections'][number];
type Row = Section['rows'][number];
type Value = Row[number] | undefined;

/** Amounts in minor units, whose digits the currency of the row says. */
const isMoney = (column: string): boolean => /minor$/i.test(column) || column === 'ours' || column === 'theirs';

/** Columns that need room: else their words break within. */
const WORDY: readonly string[] = ['note', 'kind'];
/** What is one word, however long. */
const WHOLE: readonly string[] = ['leg', 'requestNo'];

/** A table of the report. Beside another night, each cell that differs says what it was there. */
export function SectionTable({
  section,
  beside,
  date,
}: {
  readonly section: Section;
  readonly beside: Section | null;
  /** Of the other night. */
  readonly date: string;
}) {
  const { t } = useTranslation();
  const text = useCellText(section.columns);
  if (section.rows.length === 0) return <Empty>{t('night.noRows')}</Empty>;
  const name = t(`section.${section.name}`, { defaultValue: section.title });
  const others = new Map((beside?.rows ?? []).map((row) => [keyOf(row), row]));
  const title = (column: string) => t(`column.${column}`, { defaultValue: column });
  const isNumeric = (at: number) => {
    const column = section.columns[at] ?? '';
    return isMoney(column) || (column !== 'breaks' && section.rows.every((row) => typeof row[at] !== 'string'));
  };
  const classOf = (at: number) =>
    isNumeric(at)
      ? 'num nowrap'
      : WORDY.includes(section.columns[at] ?? '')
        ? 'is-wordy'
        : WHOLE.includes(section.columns[at] ?? '')
          ? 'nowrap'
          : '';
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is typed, a section would be a landmark more
    <div className="table-wrap" role="group" aria-label={name} tabIndex={0}>
      <table className="list cards">
        <caption className="visually-hidden">{name}</caption>
        <thead>
          <tr>
            {section.columns.map((column, at) => (
              <th key={column} scope="col" className={classOf(at)}>
                {title(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {section.rows.map((row, index) => {
            const other = others.get(keyOf(row)) ?? (beside?.rows.length === 1 ? beside.rows[0] : undefined);
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of a report have no id and never move
              <tr key={index}>
                {section.columns.map((column, at) => {
                  // A row that is only here is said once.
                  const isOther = beside !== null && (other === undefined ? at === 0 : other[at] !== row[at]);
                  return (
                    <td key={column} data-label={title(column)} className={classOf(at)}>
                      <div className={isOther ? 'differs' : ''}>
                        <Inert text={text(row, at)} />
                        {isOther && (
                          <div className="small soft">
                            {other === undefined ? (
                              t('night.onlyHere', { date })
                            ) : (
                              <>
                                {date}: <Inert text={text(other, at)} />
                              </>
                            )}
                          </div>
                        )}
                      </div>
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Rows are the same where their words are the same: leg and currency, kind and request. */
const keyOf = (row: Row): string =>
  row
    .filter((value) => typeof value === 'string')
    .slice(0, 2)
    .join(' ');

/** A value in words: amounts with the digits of their currency, counts with separators, what the report calls things. */
function useCellText(columns: readonly string[]): (row: Row, at: number) => string {
  const { t } = useTranslation();
  const language = useLanguage();
  const word = useStateWord();
  const wording = useWording();
  const currencyAt = columns.indexOf('currency');
  return (row, at) => {
    const column = columns[at] ?? '';
    const value: Value = row[at];
    if (value === null || value === undefined) return '–';
    if (isMoney(column)) {
      const currency = row[currencyAt];
      return typeof currency === 'string' ? formatMoney(String(value), currency, language) : String(value);
    }
    if (column === 'breaks') return value === 1 ? t('common.yes') : t('common.no');
    if (typeof value === 'number') return formatCount(column === 'shardIndex' ? value + 1 : value, language);
    if (column === 'state') return word(value);
    if (column === 'note') return wording(value);
    if (column === 'figure' || column === 'kind' || column === 'shardIndex') {
      return t(`reported.${value}`, { defaultValue: value });
    }
    return value;
  };
}
