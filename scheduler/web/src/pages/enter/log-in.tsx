import { useMutation } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { useStanding } from '../../app/session.tsx';
import { Field } from '../../look/field.tsx';
import { ProblemNote } from '../../look/parts.tsx';
import { Door } from './door.tsx';

export function LogIn() {
  const { t } = useTranslation();
  const { enter } = useStanding();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const logIn = useMutation({
    mutationFn: () => call('POST /session', { body: { name, password } }),
    onSuccess: enter,
  });
  return (
    <Door title={t('enter.logIn')}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          logIn.mutate();
        }}
      >
        <Field label={t('enter.name')}>
          {(input) => (
            <Input
              {...input}
              size="large"
              autoComplete="username"
              autoFocus
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
          )}
        </Field>
        <Field label={t('enter.password')}>
          {(input) => (
            <Input.Password
              {...input}
              size="large"
              autoComplete="current-password"
              value={password}
              onChange={({ target }) => setPassword(target.value)}
            />
          )}
        </Field>
        {logIn.error !== null && <ProblemNote error={logIn.error} />}
        <Button
          type="primary"
          size="large"
          htmlType="submit"
          loading={logIn.isPending}
          disabled={name === '' || password === ''}
        >
          {t('enter.logIn')}
        </Button>
      </form>
    </Door>
  );
}
