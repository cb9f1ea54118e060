import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { useAsk } from '../../look/ask.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Ago, Inert, serverNow } from '../../look/values.tsx';
import { GrantsText } from './grants-input.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { UserDialog } from './user-dialog.tsx';

export type User = Reply<'GET /users'>['items'][number];

export function Users() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const [editing, setEditing] = useState<User | 'new' | null>(null);
  const [settingFor, setSettingFor] = useState<User | null>(null);
  const users = useRead('GET /users');
  const unlock = ({ id, name }: User) =>
    ask({
      title: t('people.unlockTitle', { name }),
      ok: t('people.unlock'),
      act: async () => {
        await call('POST /users/:userId/unlock', { params: { userId: id } });
        void client.invalidateQueries();
      },
    });
  return (
    <Panel
      title={t('people.users')}
      flush
      actions={
        <Button type="primary" icon={<Icon name="plus" size={15} />} onClick={() => setEditing('new')}>
          {t('people.newUser')}
        </Button>
      }
    >
      <List
        caption={t('people.users')}
        rows={users.data?.items ?? []}
        rowKey={({ id }) => id}
        query={users}
        empty={t('common.none')}
        columns={[
          {
            key: 'name',
            title: t('enter.name'),
            lead: true,
            cell: ({ name, displayName, email }) => (
              <div className="title-cell">
                <strong>
                  <Inert text={displayName === '' ? name : displayName} />
                </strong>
                {(displayName !== name || email !== null) && (
                  <span className="small soft">
                    {displayName !== name && <Inert text={name} />} {email !== null && <Inert text={email} />}
                  </span>
                )}
              </div>
            ),
          },
          {
            key: 'state',
            title: t('runs.state'),
            cell: ({ state, lockedUntilMs, mustChangePassword }) => (
              <div className="title-cell">
                <State state={state} />
                {lockedUntilMs !== null && lockedUntilMs > serverNow() && (
                  <span className="small soft">{t('people.locked')}</span>
                )}
                {mustChangePassword && <span className="small soft">{t('people.mustChange')}</span>}
              </div>
            ),
          },
          {
            key: 'grants',
            title: t('people.rights'),
            cell: ({ isAdmin, grants }) => <GrantsText isAdmin={isAdmin} grants={grants} />,
          },
          { key: 'last', title: t('people.lastLogin'), cell: ({ lastLoginAtMs }) => <Ago atMs={lastLoginAtMs} /> },
          {
            key: 'do',
            title: '',
            cell: (user) => (
              <span className="row tight">
                <Button size="small" onClick={() => setEditing(user)}>
                  {t('job.edit')}
                </Button>
                <Button size="small" onClick={() => setSettingFor(user)}>
                  {t('people.setPassword')}
                </Button>
                {user.lockedUntilMs !== null && user.lockedUntilMs > serverNow() && (
                  <Button size="small" onClick={() => unlock(user)}>
                    {t('people.unlock')}
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
      {editing !== null && <UserDialog user={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      {settingFor !== null && <PasswordDialog user={settingFor} onClose={() => setSettingFor(null)} />}
    </Panel>
  );
}
