import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Progress } from 'antd';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Body } from '../../../api/admin/contract/routes.ts';
import { call, newRequestId, type Reply } from '../api/client.ts';
import { useAsk } from './ask.tsx';
import { State } from './state.tsx';
import { Inert } from './values.tsx';

export type BulkAction = Body<'POST /bulk'>['action'];
type BulkReply = Reply<'POST /bulk'>;

export interface BulkChoice {
  readonly action: BulkAction;
  readonly danger?: true;
  /** What is sent beside it, asked in the dialog. */
  readonly tag?: () => string;
  readonly extra?: ReactNode;
}

/** The bar below a list in which rows are chosen: what can be done with them, and afterwards what became of each. */
export function BulkBar({
  chosen,
  choices,
  nameOf,
  onDone,
}: {
  readonly chosen: ReadonlySet<string | number>;
  readonly choices: readonly BulkChoice[];
  readonly nameOf: (id: number) => string;
  readonly onDone: () => void;
}) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const { modal } = App.useApp();
  if (chosen.size === 0) return null;
  const ids = [...chosen].map(Number);
  const start = ({ action, danger, tag, extra }: BulkChoice) => {
    const requestId = newRequestId();
    ask({
      title: t(`bulk.${action}.ask`, { count: ids.length }),
      body: (
        <>
          <p className="soft">{ids.slice(0, 8).map(nameOf).join(', ') + (ids.length > 8 ? ' …' : '')}</p>
          {extra}
        </>
      ),
      ok: t(`bulk.${action}`),
      danger: danger === true,
      needsReason: true,
      act: async (reason) => {
        const named = tag?.() ?? '';
        const reply = await call('POST /bulk', {
          body: { action, ids, reason, requestId, ...(named === '' ? {} : { tag: named }) },
        });
        onDone();
        void client.invalidateQueries();
        modal.info({
          title: t(`bulk.${action}`),
          width: 640,
          icon: null,
          okText: t('common.close'),
          content: <BulkProgress first={reply} nameOf={nameOf} />,
        });
      },
    });
  };
  return (
    <section className="bar-chosen" aria-label={t('bulk.region')}>
      <strong>{t('bulk.chosen', { count: chosen.size })}</strong>
      {choices.map((choice) => (
        <Button key={choice.action} size="small" danger={choice.danger === true} onClick={() => start(choice)}>
          {t(`bulk.${choice.action}`)}
        </Button>
      ))}
      <span className="grow" />
      <Button size="small" onClick={onDone}>
        {t('bulk.clear')}
      </Button>
    </section>
  );
}

/** Asked again so often while it goes on; it goes on all the same when nobody asks. */
const AGAIN_MS = 700;

function BulkProgress({ first, nameOf }: { readonly first: BulkReply; readonly nameOf: (id: number) => string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { operationId } = first;
  const { data: reply } = useQuery({
    queryKey: ['bulk', operationId],
    queryFn: ({ signal }) => call('GET /bulk/:operationId', { params: { operationId }, signal }),
    initialData: first,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.data?.state === 'done' ? false : AGAIN_MS),
  });
  const isDone = reply.state === 'done';
  useEffect(() => {
    // The lists behind the dialog show what it has done.
    if (isDone) void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'bulk' });
  }, [isDone, client]);
  const { doneCount, successCount, failureCount, total } = reply;
  return (
    <div className="stack tight">
      <p role="status">
        {isDone
          ? t('bulk.result', { done: successCount, total })
          : t('bulk.progress', { done: doneCount, total, failed: failureCount })}
      </p>
      {!isDone && (
        <>
          <Progress percent={Math.floor((doneCount / Math.max(1, total)) * 100)} aria-label={t('bulk.region')} />
          <p className="soft small">{t('bulk.goesOn')}</p>
        </>
      )}
      <BulkResult reply={reply} nameOf={nameOf} />
    </div>
  );
}

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

function BulkResult({ reply, nameOf }: { readonly reply: BulkReply; readonly nameOf: (id: number) => string }) {
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
                {reason !== undefined && <Inert text={reason} />}
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
