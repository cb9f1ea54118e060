import { useQueryClient } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { useSession, useStanding } from '../../app/session.tsx';
import { useAsk } from '../../look/ask.tsx';
import { List } from '../../look/list.tsx';
import { Facts, Page, Panel } from '../../look/parts.tsx';
import { Ago, Inert, Instant } from '../../look/values.tsx';
import { readAgent } from '../../pure/agent-words.ts';
import { ChangePassword } from '../enter/change-password.tsx';
import { GrantsText } from './grants-input.tsx';

export function Me() {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const session = useSession();
  const { enter } = useStanding();
  const { principal } = session;
  return (
    <Page title={t('me.title')}>
      <Panel>
        <div className="panel-top">
          <Facts
            items={[
              [t('enter.name'), <Inert key="name" text={principal.name} />],
              [t('setup.displayName'), <Inert key="display" text={principal.displayName} />],
              [t('people.rights'), <GrantsText key="rights" isAdmin={principal.isAdmin} grants={principal.grants} />],
              [t('me.endsAt'), <Instant key="ends" atMs={session.endsAtMs} />],
            ]}
          />
        </div>
      </Panel>
      <div className="halves">
        <Panel title={t('password.change')}>
          <ChangePassword
            onDone={(next) => {
              enter(next);
              void message.success(t('password.changed'));
            }}
          />
        </Panel>
        <Sessions />
      </div>
    </Page>
  );
}

function Sessions() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const sessions = useRead('GET /sessions');
  const end = (sessionId: string) =>
    ask({
      title: t('me.endTitle'),
      ok: t('me.end'),
      act: async () => {
        await call('DELETE /sessions/:sessionId', { params: { sessionId } });
        void client.invalidateQueries();
      },
    });
  return (
    <Panel title={t('me.sessions')} flush>
      <List
        caption={t('me.sessions')}
        rows={sessions.data?.items ?? []}
        rowKey={({ id }) => id}
        query={sessions}
        empty={t('common.none')}
        columns={[
          {
            key: 'agent',
            title: t('me.agent'),
            lead: true,
            cell: ({ agent, isThis }) => (
              <div className="title-cell">
                <AgentWords agent={agent} />
                {isThis && <strong className="small">{t('me.this')}</strong>}
              </div>
            ),
          },
          { key: 'from', title: t('me.from'), cell: ({ from }) => <Inert text={from} /> },
          { key: 'seen', title: t('me.seen'), cell: ({ lastSeenAtMs }) => <Ago atMs={lastSeenAtMs} /> },
          {
            key: 'do',
            title: '',
            cell: ({ id, isThis }) =>
              !isThis && (
                <Button size="small" onClick={() => end(id)}>
                  {t('me.end')}
                </Button>
              ),
          },
        ]}
      />
    </Panel>
  );
}

/** Browser and system; all that it said of itself for whoever asks. */
function AgentWords({ agent }: { readonly agent: string }) {
  const read = readAgent(agent);
  if (read === null) return <Inert text={agent} className="small" />;
  return (
    <details className="more">
      <summary>
        {read.browser} · {read.system}
      </summary>
      <Inert text={agent} className="small soft" />
    </details>
  );
}
