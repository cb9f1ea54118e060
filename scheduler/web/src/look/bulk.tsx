import { useQueryClient } from '@tanstack/react-query';
import { App, Button } from 'antd';
import type { ReactNode } from 'react';
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
          title: t('bulk.result', { done: reply.successCount, total: reply.total }),
          width: 640,
          icon: null,
          okText: t('common.close'),
          content: <BulkResult reply={reply} nameOf={nameOf} />,
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

const OUTCOME_STATE = { done: 'succeeded', unchanged: 'skipped', refused: 'failed', unknown_id: 'lost' } as const;

function BulkResult({ reply, nameOf }: { readonly reply: BulkReply; readonly nameOf: (id: number) => string }) {
  const { t } = useTranslation();
  // What went wrong first: it is what a person has to look at.
  const sorted = [...reply.results].sort((a, b) => Number(a.outcome === 'done') - Number(b.outcome === 'done'));
  return (
    <div className="bulk-result">
      <table className="list">
        <caption className="visually-hidden">{t('bulk.region')}</caption>
        <tbody>
          {sorted.map(({ id, outcome, reason, runId }) => (
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
    </div>
  );
}
