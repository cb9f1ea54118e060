import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Modal, Segmented, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { useAsk } from '../../look/ask.tsx';
import { Field } from '../../look/field.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';
import { State } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Ago, Inert, serverNow } from '../../look/values.tsx';
import { type Grants, GrantsInput, GrantsText } from './grants-input.tsx';
import { Keys } from './keys.tsx';

type User = Reply<'GET /users'>['items'][number];

export function People() {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const tab = get('tab') === 'keys' ? 'keys' : 'users';
  return (
    <Page
      title={t('nav.users')}
      actions={
        <Segmented
          aria-label={t('nav.users')}
          value={tab}
          options={[
            { value: 'users', label: t('people.users') },
            { value: 'keys', label: t('people.keys') },
          ]}
          onChange={(next) => set({ tab: next === 'keys' ? 'keys' : null })}
        />
      }
    >
      {tab === 'users' ? <Users /> : <Keys />}
    </Page>
  );
}

function Users() {
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
                <span className="small soft">
                  <Inert text={name} /> {email !== null && <Inert text={email} />}
                </span>
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

function UserDialog({ user, onClose }: { readonly user: User | null; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState(user?.name ?? '');
  const [displayName, setDisplayName] = useState(user?.displayName ?? '');
  const [email, setEmail] = useState(user?.email ?? '');
  const [isAdmin, setIsAdmin] = useState(user?.isAdmin ?? false);
  const [isActive, setIsActive] = useState(user?.state !== 'disabled');
  const [grants, setGrants] = useState<Grants>(user?.grants ?? []);
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setError(null);
    const shared = { displayName, email: email === '' ? null : email, isAdmin, grants };
    try {
      if (user === null) await call('POST /users', { body: { ...shared, name, password } });
      else
        await call('PATCH /users/:userId', {
          params: { userId: user.id },
          body: { ...shared, state: isActive ? 'active' : 'disabled' },
        });
      void client.invalidateQueries();
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Modal
      open
      width={620}
      title={user === null ? t('people.newUser') : user.name}
      onCancel={onClose}
      onOk={() => void save()}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: name === '' || (user === null && password.length < 12) }}
    >
      <div className="stack">
        {user === null && (
          <Field label={t('enter.name')} help={t('setup.nameHelp')} problem={problemAt(error, 'name')}>
            {(input) => (
              <Input {...input} autoComplete="off" value={name} onChange={({ target }) => setName(target.value)} />
            )}
          </Field>
        )}
        <Field label={t('setup.displayName')}>
          {(input) => (
            <Input
              {...input}
              maxLength={64}
              value={displayName}
              onChange={({ target }) => setDisplayName(target.value)}
            />
          )}
        </Field>
        <Field label={t('people.email')} problem={problemAt(error, 'email')}>
          {(input) => <Input {...input} type="email" value={email} onChange={({ target }) => setEmail(target.value)} />}
        </Field>
        {user === null && (
          <Field
            label={t('people.firstPassword')}
            help={`${t('password.rule')}. ${t('people.firstPasswordHelp')}`}
            problem={problemAt(error, 'password')}
          >
            {(input) => (
              <Input.Password
                {...input}
                autoComplete="new-password"
                value={password}
                onChange={({ target }) => setPassword(target.value)}
              />
            )}
          </Field>
        )}
        <Field label={t('people.admin')} help={t('people.adminHelp')}>
          {({ id }) => (
            <span>
              <Switch id={id} checked={isAdmin} onChange={setIsAdmin} />
            </span>
          )}
        </Field>
        {!isAdmin && (
          <div className="field">
            <span>{t('people.rights')}</span>
            <GrantsInput value={grants} onChange={setGrants} />
          </div>
        )}
        {user !== null && (
          <Field label={t('people.mayLogIn')}>
            {({ id }) => (
              <span>
                <Switch id={id} checked={isActive} onChange={setIsActive} />
              </span>
            )}
          </Field>
        )}
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Modal>
  );
}

function PasswordDialog({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setError(null);
    try {
      await call('POST /users/:userId/password', { params: { userId: user.id }, body: { password } });
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Modal
      open
      title={t('people.setPasswordTitle', { name: user.name })}
      onCancel={onClose}
      onOk={() => void save()}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: password.length < 12 }}
    >
      <div className="stack">
        <Field
          label={t('password.next')}
          help={`${t('password.rule')}. ${t('people.firstPasswordHelp')}`}
          problem={problemAt(error, 'password')}
        >
          {(input) => (
            <Input.Password
              {...input}
              autoComplete="new-password"
              value={password}
              onChange={({ target }) => setPassword(target.value)}
            />
          )}
        </Field>
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Modal>
  );
}
