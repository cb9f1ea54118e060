import { Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { useMay } from '../../app/session.tsx';
import { useAsk } from '../../look/ask.tsx';
import { List } from '../../look/list.tsx';
import { Panel } from '../../look/parts.tsx';
import { Secret } from '../../look/secret.tsx';
import { State } from '../../look/state.tsx';
import { Inert } from '../../look/values.tsx';

export type Group = Reply<'GET /groups'>['items'][number];

export function GroupList({
  onEdit,
  onJoin,
}: {
  readonly onEdit: (group: Group) => void;
  readonly onJoin: (group: string) => void;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const groups = useRead('GET /groups', {}, { topics: ['executors'] });
  return (
    <Panel title={t('groups.title')} flush>
      <List
        caption={t('groups.title')}
        rows={groups.data?.items ?? []}
        rowKey={({ name }) => name}
        query={groups}
        empty={t('groups.none')}
        columns={[
          {
            key: 'name',
            title: t('runs.group'),
            lead: true,
            cell: ({ name, title }) => (
              <div className="title-cell">
                <strong>
                  <Inert text={name} />
                </strong>
                {title !== '' && title !== name && <Inert text={title} className="small soft" />}
              </div>
            ),
          },
          {
            key: 'executors',
            title: t('nav.executors'),
            cell: ({ executors }) => (
              <span className="row tight">
                {(['alive', 'draining', 'silent', 'gone'] as const).map((state) =>
                  executors[state] === 0 ? null : (
                    <span key={state} className="row tight">
                      {executors[state]} <State state={state} />
                    </span>
                  ),
                )}
              </span>
            ),
          },
          {
            key: 'jobs',
            title: t('nav.jobs'),
            align: 'num',
            cell: ({ name, jobs }) => <Link to={`/jobs?group=${encodeURIComponent(name)}`}>{jobs}</Link>,
          },
          {
            key: 'runs',
            title: t('groups.runs'),
            align: 'num',
            cell: ({ name, openRuns, runLimit }) => (
              <Link to={`/runs?group=${encodeURIComponent(name)}&state=open`}>
                {openRuns} / {runLimit === 0 ? '∞' : runLimit}
              </Link>
            ),
          },
          {
            key: 'how',
            title: t('groups.how'),
            cell: ({ addressType, hasOwnToken }) =>
              `${t(`addressType.${addressType}`)}${hasOwnToken ? ` · ${t('groups.ownToken')}` : ''}`,
          },
          { key: 'held', title: t('runs.state'), cell: ({ isHeld }) => <State state={isHeld ? 'held' : 'active'} /> },
          {
            key: 'do',
            title: '',
            cell: (group) => (
              <span className="row tight">
                {may('edit', group.name) && (
                  <Button size="small" onClick={() => onEdit(group)}>
                    {t('job.edit')}
                  </Button>
                )}
                {may('admin') && (
                  <>
                    <Button size="small" onClick={() => onJoin(group.name)}>
                      {t('groups.join')}
                    </Button>
                    <TokenButton group={group.name} />
                  </>
                )}
              </span>
            ),
          },
        ]}
      />
    </Panel>
  );
}

function TokenButton({ group }: { readonly group: string }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const [token, setToken] = useState<string | null>(null);
  return (
    <>
      <Button
        size="small"
        onClick={() =>
          ask({
            title: t('groups.tokenTitle', { group }),
            body: <p>{t('groups.tokenHelp')}</p>,
            ok: t('groups.token'),
            act: async () => setToken((await call('POST /groups/:group/token', { params: { group }, body: {} })).token),
          })
        }
      >
        {t('groups.token')}
      </Button>
      <Modal
        open={token !== null}
        title={t('groups.tokenTitle', { group })}
        footer={null}
        onCancel={() => setToken(null)}
      >
        {token !== null && <Secret text={token} help={t('secret.once')} />}
      </Modal>
    </>
  );
}
