import { Button, Checkbox } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../api/client.ts';
import { Bones, Empty, ProblemNote, StaleNote } from './parts.tsx';

export interface Column<T> {
  readonly key: string;
  readonly title: ReactNode;
  /** Said in front of the cell when rows are cards; default: the title, when it is text. */
  readonly label?: string;
  readonly cell: (row: T) => ReactNode;
  readonly align?: 'num';
  /** The first of a card, without its label. */
  readonly lead?: true;
  /** The name of the order in the API, where the list can be sorted by it. */
  readonly sort?: string;
  readonly hideNarrow?: true;
}

export interface Order {
  readonly by: string;
  readonly direction: 'asc' | 'desc';
}

/** A keyset list as a real table: rows until now, a button for more, boxes to choose rows by. */
export function List<T>({
  caption,
  columns,
  rows,
  rowKey,
  empty,
  query,
  chosen,
  onChoose,
  order,
  onOrder,
  foot,
  notThere,
}: {
  /** What the table is, for those who hear it. */
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string | number;
  readonly empty: ReactNode;
  readonly query?: {
    readonly isPending: boolean;
    readonly error: unknown;
    readonly refetch: () => unknown;
    readonly hasNextPage?: boolean;
    readonly isFetchingNextPage?: boolean;
    readonly fetchNextPage?: () => unknown;
  };
  readonly chosen?: ReadonlySet<string | number>;
  readonly onChoose?: (next: ReadonlySet<string | number>) => void;
  readonly order?: Order;
  readonly onOrder?: (next: Order) => void;
  readonly foot?: ReactNode;
  /** Who would have to be asked does not know such a list: no failure, there is nothing to show. */
  readonly notThere?: ReactNode;
}) {
  const { t } = useTranslation();
  if (query?.isPending === true) return <Bones />;
  if (notThere !== undefined && query?.error instanceof ApiProblem && query.error.status === 404) {
    return <Empty>{notThere}</Empty>;
  }
  if (query !== undefined && query.error !== null && rows.length === 0) {
    return <ProblemNote error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (rows.length === 0) return <Empty>{empty}</Empty>;
  const all = rows.map(rowKey);
  const isAll = chosen !== undefined && all.every((key) => chosen.has(key));
  const toggle = (keys: readonly (string | number)[], on: boolean) => {
    const next = new Set(chosen);
    for (const key of keys) on ? next.add(key) : next.delete(key);
    onChoose?.(next);
  };
  return (
    <>
      {query !== undefined && <StaleNote of={query} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is typed, a section would be a landmark more */}
      <div className="table-wrap" role="group" aria-label={caption} tabIndex={0}>
        <table className="list cards">
          <caption className="visually-hidden">{caption}</caption>
          <thead>
            <tr>
              {chosen !== undefined && (
                <th scope="col" className="choose">
                  <Checkbox
                    aria-label={t('list.chooseAll')}
                    checked={isAll}
                    indeterminate={!isAll && chosen.size > 0}
                    onChange={({ target }) => toggle(all, target.checked)}
                  />
                </th>
              )}
              {columns.map((column) => (
                <Head key={column.key} column={column} {...(order && { order })} {...(onOrder && { onOrder })} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const key = rowKey(row);
              return (
                <tr key={key} className={chosen?.has(key) === true ? 'is-chosen' : undefined}>
                  {chosen !== undefined && (
                    <td className="choose">
                      <Checkbox
                        aria-label={t('list.choose', { row: String(key) })}
                        checked={chosen.has(key)}
                        onChange={({ target }) => toggle([key], target.checked)}
                      />
                    </td>
                  )}
                  {columns.map((column) => (
                    <td key={column.key} className={classOf(column)} data-label={labelOf(column)}>
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {(query?.hasNextPage === true || foot !== undefined) && (
        <div className="list-foot">
          {foot ?? t('list.shown', { count: rows.length })}
          {query?.hasNextPage === true && (
            <Button
              size="small"
              loading={query.isFetchingNextPage === true}
              onClick={() => void query.fetchNextPage?.()}
            >
              {t('list.more')}
            </Button>
          )}
        </div>
      )}
    </>
  );
}

function Head<T>({
  column,
  order,
  onOrder,
}: {
  readonly column: Column<T>;
  readonly order?: Order;
  readonly onOrder?: (next: Order) => void;
}) {
  const { t } = useTranslation();
  const { key, title, sort } = column;
  if (sort === undefined || order === undefined) {
    return (
      <th key={key} scope="col" className={classOf(column)}>
        {title === '' ? <span className="visually-hidden">{t('list.actions')}</span> : title}
      </th>
    );
  }
  const isOn = order.by === sort;
  const next: Order = { by: sort, direction: isOn && order.direction === 'desc' ? 'asc' : 'desc' };
  const said = order.direction === 'desc' ? 'descending' : 'ascending';
  return (
    <th scope="col" className={classOf(column)} aria-sort={isOn ? said : 'none'}>
      <button type="button" className="sort" onClick={() => onOrder?.(next)}>
        {title}
        <span aria-hidden="true">{isOn ? (order.direction === 'desc' ? '↓' : '↑') : '↕'}</span>
      </button>
    </th>
  );
}

const classOf = <T,>({ align, lead, hideNarrow }: Column<T>): string =>
  [align ?? '', lead === true ? 'lead' : '', hideNarrow === true ? 'hide-narrow' : ''].join(' ').trim();
const labelOf = <T,>({ label, title }: Column<T>): string => label ?? (typeof title === 'string' ? title : '');
