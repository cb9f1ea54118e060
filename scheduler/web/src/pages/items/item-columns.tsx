import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Reply } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import type { Column } from '../../look/list.tsx';
import { State } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Ago, Inert } from '../../look/values.tsx';
import { formatMoney } from '../../pure/format.ts';
import { AskedNext } from './asked-next.tsx';
import { useReasonWords } from './reason-words.ts';

export type Item = Reply<'GET /items'>['items'][number];
/** States that are not the last one of an item. */
export const OPEN_STATES = ['PROCESSING', 'RETRY_WAIT', 'MANUAL', 'PENDING'] as const;

export const isOpen = ({ state }: Item): boolean => OPEN_STATES.some((open) => open === state);

/** A search finds each call of an item. */
export const keyOf = ({ runId, sliceNo, seq, requestNo }: Item): string =>
  `${runId} ${sliceNo} ${seq} ${requestNo ?? ''}`;

/** `withChecks`: since when it is open, and when it is asked about next; people are not asked about. */
export function useItemColumns(withChecks: boolean): readonly Column<Item>[] {
  const { t } = useTranslation();
  const language = useLanguage();
  const [, set] = useSearch();
  const reasonWords = useReasonWords();
  return [
    {
      key: 'key',
      title: t('items.key'),
      lead: true,
      cell: ({ key, requestNo }) => (
        <div className="title-cell">
          <strong>
            <Inert text={key} />
          </strong>
          {requestNo !== null && (
            <button type="button" className="as-link small mono" onClick={() => set({ request: requestNo }, 'push')}>
              <Inert text={requestNo} />
            </button>
          )}
        </div>
      ),
    },
    {
      key: 'state',
      title: t('runs.state'),
      cell: ({ state, reason }) => (
        <div className="title-cell">
          <State state={state} />
          {reason !== null && <Inert text={reasonWords(reason)} className="small soft" />}
        </div>
      ),
    },
    { key: 'leg', title: t('items.leg'), cell: ({ leg }) => <Inert text={leg} /> },
    {
      key: 'amount',
      title: t('items.amount'),
      align: 'num',
      cell: ({ amountMinor, currency }) => (
        <span className="nowrap">
          {formatMoney(amountMinor, currency, language)} <span className="soft">{currency}</span>
        </span>
      ),
    },
    { key: 'attempt', title: t('items.attempt'), align: 'num', cell: ({ attempt }) => attempt },
    ...(withChecks
      ? ([
          { key: 'since', title: t('holds.since'), cell: ({ openedAtMs }) => <Ago atMs={openedAtMs} /> },
          { key: 'next', title: t('items.nextCheck'), cell: ({ nextCheckAtMs }) => <AskedNext atMs={nextCheckAtMs} /> },
        ] satisfies Column<Item>[])
      : ([
          { key: 'date', title: t('runs.date'), cell: ({ businessDate }) => businessDate ?? '–' },
        ] satisfies Column<Item>[])),
    { key: 'run', title: t('nav.runs'), cell: ({ runId }) => <Link to={`/runs/${runId}`}>#{runId}</Link> },
  ];
}
