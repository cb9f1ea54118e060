import { Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { Dialog } from '../../look/dialog.tsx';
import { Field } from '../../look/field.tsx';
import { ProblemNote } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';
import type { User } from './users.tsx';

export function PasswordDialog({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
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
    <Dialog
      title={t('people.setPasswordTitle', { name: user.name })}
      onCancel={onClose}
      onOk={() => void save()}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: password === '' }}
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
    </Dialog>
  );
}
