import './items.css';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Segmented } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/client.ts';
import { type Reply, usePages } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { useSession } from '../../app/session.tsx';
import { useAsk } from '../../look/ask.tsx';
import { Bones, Empty, Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Ago, Inert } from '../../look/values.tsx';
import { formatMoney } from '../../pure/format.ts';
import { inertValue } from '../../pure/inert-text.ts';

type Approval = Reply<'GET /approvals'>['items'][number];

/** What one person asked for and another decides. Who asked cannot approve; the API sees to it, the page says it. */
export function Approvals() {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const state = get('state') === 'all' ? null : 'open';
  const approvals = usePages('GET /approvals', { query: state === null ? {} : { state } }, { topics: ['approvals'] });
  return (
    <Page
      title={t('nav.approvals')}
      actions={
        <Segmented
          aria-label={t('runs.state')}
          value={state ?? 'all'}
          options={[
            { value: 'open', label: t('state.open') },
            { value: 'all', label: t('common.all') },
          ]}
          onChange={(next) => set({ state: next === 'all' ? 'all' : null })}
        />
      }
    >
      <Panel flush>
        {approvals.isPending ? (
          <Bones />
        ) : approvals.error !== null ? (
          <ProblemNote error={approvals.error} onRetry={() => void approvals.refetch()} />
        ) : approvals.rows.length === 0 ? (
          <Empty>{t('approvals.none')}</Empty>
        ) : (
          <ul>
            {approvals.rows.map((approval) => (
              <One key={approval.id} approval={approval} />
            ))}
          </ul>
        )}
      </Panel>
    </Page>
  );
}

function One({ approval }: { readonly approval: Approval }) {
  const { t } = useTranslation();
  const { principal } = useSession();
  const client = useQueryClient();
  const ask = useAsk();
  const isOwn = approval.askedBy === principal.name;
  const decide = (verb: 'approve' | 'reject' | 'withdraw') =>
    ask({
      title: t(`approvals.${verb}Title`),
      body: <Order approval={approval} />,
      ok: t(`approvals.${verb}`),
      danger: verb !== 'withdraw' && verb === 'reject',
      needsReason: true,
      act: async (reason) => {
        await call(`POST /approvals/:approvalId/${verb}`, { params: { approvalId: approval.id }, body: { reason } });
        void client.invalidateQueries();
      },
    });
  return (
    <li className="approval">
      <div className="row between">
        <strong>{t(`approval.${approval.kind}`)}</strong>
        <State state={approval.state} />
      </div>
      <Order approval={approval} />
      <div className="small">
        <Inert text={approval.askedBy} /> · <Ago atMs={approval.askedAtMs} /> · “<Inert text={approval.reason} />”
      </div>
      {approval.decidedBy !== null && (
        <div className="small soft">
          <Inert text={approval.decidedBy} /> · <Ago atMs={approval.decidedAtMs} />
          {approval.decision !== null && (
            <>
              {' '}
              · “<Inert text={approval.decision} />”
            </>
          )}
        </div>
      )}
      {approval.state === 'open' && (
        <div className="row">
          {approval.mayDecide && (
            <>
              <Button type="primary" onClick={() => decide('approve')}>
                {t('approvals.approve')}
              </Button>
              <Button onClick={() => decide('reject')}>{t('approvals.reject')}</Button>
            </>
          )}
          {isOwn && <Button onClick={() => decide('withdraw')}>{t('approvals.withdraw')}</Button>}
          {isOwn && !approval.mayDecide && <span className="soft small">{t('approvals.notYours')}</span>}
        </div>
      )}
    </li>
  );
}

function Order({ approval }: { readonly approval: Approval }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { order } = approval;
  const text = (key: string) => inertValue(order[key]);
  if (approval.kind === 'node.mark') {
    return (
      <p>
        {t('approvals.mark', { node: text('node'), mark: t(`mark.${text('mark')}`, { defaultValue: text('mark') }) })}{' '}
        <Link to={`/?chainRun=${encodeURIComponent(approval.subjectId)}`}>
          {t('approvals.chainRun', { id: approval.subjectId })}
        </Link>
      </p>
    );
  }
  return (
    <p>
      {t(`items.as.${text('as')}`, { defaultValue: text('as') })}:{' '}
      <Link to={`/items?group=${encodeURIComponent(approval.group)}&request=${encodeURIComponent(text('requestNo'))}`}>
        <Inert text={text('requestNo')} className="mono" />
      </Link>
      {order.amountMinor !== undefined && (
        <>
          {' '}
          · <strong className="nowrap">{formatMoney(text('amountMinor'), text('currency'), language)}</strong>{' '}
          <Inert text={text('currency')} />
        </>
      )}
    </p>
  );
}
