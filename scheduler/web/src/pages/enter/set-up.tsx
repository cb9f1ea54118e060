import { useMutation } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { call } from '../../api/client.ts';
import { useStanding } from '../../app/session.tsx';
import { Field } from '../../look/field.tsx';
import { ProblemNote } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';
import { Door } from './door.tsx';

/** Makes the first administrator with the token of the link that the first start printed. */
export function SetUp({ token: given }: { readonly token: string }) {
  const { t } = useTranslation();
  const { enter } = useStanding();
  const navigate = useNavigate();
  const [token, setToken] = useState(given);
  const [name, setName] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [password, setPassword] = useState('');
  const setUp = useMutation({
    mutationFn: () =>
      call('POST /setup', {
        body: { token: token.trim(), name, password, ...(displayName === '' ? {} : { displayName }) },
      }),
    onSuccess: (session) => {
      void navigate('/', { replace: true });
      enter(session);
    },
  });
  const wrong = (path: string) => problemAt(setUp.error, path);
  return (
    <Door title={t('setup.title')} lead={t('setup.lead')}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setUp.mutate();
        }}
      >
        {given === '' && (
          <Field label={t('setup.token')} help={t('setup.tokenHelp')} problem={wrong('token')}>
            {(input) => <Input {...input} value={token} onChange={({ target }) => setToken(target.value)} />}
          </Field>
        )}
        <Field label={t('enter.name')} help={t('setup.nameHelp')} problem={wrong('name')}>
          {(input) => (
            <Input
              {...input}
              size="large"
              autoComplete="username"
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
          )}
        </Field>
        <Field label={t('setup.displayName')} problem={wrong('displayName')}>
          {(input) => (
            <Input
              {...input}
              size="large"
              autoComplete="name"
              value={displayName}
              onChange={({ target }) => setDisplayName(target.value)}
            />
          )}
        </Field>
        <Field label={t('enter.password')} help={t('password.rule')} problem={wrong('password')}>
          {(input) => (
            <Input.Password
              {...input}
              size="large"
              autoComplete="new-password"
              value={password}
              onChange={({ target }) => setPassword(target.value)}
            />
          )}
        </Field>
        {setUp.error !== null && <ProblemNote error={setUp.error} />}
        <Button
          type="primary"
          size="large"
          htmlType="submit"
          loading={setUp.isPending}
          disabled={token.trim() === '' || name === '' || password === ''}
        >
          {t('setup.make')}
        </Button>
      </form>
    </Door>
  );
}
