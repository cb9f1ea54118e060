import { Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { Field } from '../../look/field.tsx';
import { SaveDialog } from '../../look/save-dialog.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import { type Grants, GrantsInput } from './grants-input.tsx';
import type { User } from './users.tsx';

export function UserDialog({ user, onClose }: { readonly user: User | null; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState(user?.name ?? '');
  const [displayName, setDisplayName] = useState(user?.displayName ?? '');
  const [email, setEmail] = useState(user?.email ?? '');
  const [isAdmin, setIsAdmin] = useState(user?.isAdmin ?? false);
  const [isActive, setIsActive] = useState(user?.state !== 'disabled');
  const [grants, setGrants] = useState<Grants>(user?.grants ?? []);
  const [password, setPassword] = useState('');
  const save = async () => {
    const shared = { displayName, email: email === '' ? null : email, isAdmin, grants };
    if (user === null) await call('POST /users', { body: { ...shared, name, password } });
    else
      await call('PATCH /users/:userId', {
        params: { userId: user.id },
        body: { ...shared, state: isActive ? 'active' : 'disabled' },
      });
  };
  return (
    <SaveDialog
      title={user === null ? t('people.newUser') : user.name}
      width={620}
      isReady={name !== '' && (user !== null || password !== '')}
      save={save}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          {user === null && (
            <Field label={t('enter.name')} help={t('setup.nameHelp')} problem={wrong('name')}>
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
          <Field label={t('people.email')} problem={wrong('email')}>
            {(input) => (
              <Input {...input} type="email" value={email} onChange={({ target }) => setEmail(target.value)} />
            )}
          </Field>
          {user === null && (
            <Field
              label={t('people.firstPassword')}
              help={`${t('password.rule')}. ${t('people.firstPasswordHelp')}`}
              problem={wrong('password')}
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
          <SwitchField label={t('people.admin')} help={t('people.adminHelp')} checked={isAdmin} onChange={setIsAdmin} />
          {!isAdmin && (
            <div className="field">
              <span>{t('people.rights')}</span>
              <GrantsInput value={grants} onChange={setGrants} />
            </div>
          )}
          {user !== null && <SwitchField label={t('people.mayLogIn')} checked={isActive} onChange={setIsActive} />}
        </>
      )}
    </SaveDialog>
  );
}
