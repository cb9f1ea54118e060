import { useTranslation } from 'react-i18next';
import type { Reply } from '../api/client.ts';
import { State } from './state.tsx';
import { Inert, Said } from './values.tsx';

const OUTCOME_STATE = {
  open: 'waiting',
  done: 'done',
  unchanged: 'skipped',
  refused: 'refused',
  unknown_id: 'lost',
} as const;
/** What went wrong first: it is what a person has to look at. */
const ORDER = ['refused', 'unknown_id', 'unchanged', 'done', 'open'];
/** More lines than this are counted and not drawn. */
const LINES_MAX = 500;

/** What has become of each. */
export function BulkResult({
  reply,
  nameOf,
}: {
  readonly reply: Reply<'POST /bulk'>;
  readonly nameOf: (id: number) => string;
}) {
  const { t } = useTranslation();
  const sorted = [...reply.results].sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
  return (
    <div className="bulk-result">
      <table className="list">
        <caption className="visually-hidden">{t('bulk.region')}</caption>
        <tbody>
          {sorted.slice(0, LINES_MAX).map(({ id, outcome, reason, runId }) => (
            <tr key={id}>
              <td>
                <Inert text={nameOf(id)} />
              </td>
              <td>
                <State state={OUTCOME_STATE[outcome]} />
              </td>
              <td className="soft">
                {reason !== undefined && <Said text={reason} />}
                {runId !== undefined && <a href={`#/runs/${runId}`}>{t('run.number', { id: runId })}</a>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > LINES_MAX && <p className="soft">{t('bulk.more', { count: sorted.length - LINES_MAX })}</p>}
    </div>
  );
}
