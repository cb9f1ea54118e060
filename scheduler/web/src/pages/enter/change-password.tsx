import { useMutation } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import type { Session } from '../../app/session.tsx';
import { Field } from '../../look/field.tsx';
import { ProblemNote } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';

/** `isDoor`: it is all there is on the page, in the size of the other doors. */
export function ChangePassword({
  onDone,
  isDoor = false,
}: {
  readonly onDone: (session: Session) => void;
  readonly isDoor?: boolean;
}) {
  const { t } = useTranslation();
  const size = isDoor ? 'large' : 'middle';
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const change = useMutation({
    mutationFn: () => call('POST /session/password', { body: { current, next } }),
    onSuccess: (session) => {
      setCurrent('');
      setNext('');
      setAgain('');
      onDone(session);
    },
  });
  const differs = again !== '' && again !== next;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <Field label={t('password.current')} problem={problemAt(change.error, 'current')}>
        {(input) => (
          <Input.Password
            {...input}
            size={size}
            autoComplete="current-password"
            value={current}
            onChange={({ target }) => setCurrent(target.value)}
          />
        )}
      </Field>
      <Field label={t('password.next')} help={t('password.rule')} problem={problemAt(change.error, 'next')}>
        {(input) => (
          <Input.Password
            {...input}
            size={size}
            autoComplete="new-password"
            value={next}
            onChange={({ target }) => setNext(target.value)}
          />
        )}
      </Field>
      <Field label={t('password.again')} problem={differs ? t('password.differs') : null}>
        {(input) => (
          <Input.Password
            {...input}
            size={size}
            autoComplete="new-password"
            value={again}
            onChange={({ target }) => setAgain(target.value)}
          />
        )}
      </Field>
      {change.error !== null && <ProblemNote error={change.error} />}
      <div>
        <Button
          type="primary"
          htmlType="submit"
          size={size}
          block={isDoor}
          loading={change.isPending}
          disabled={current === '' || next === '' || again !== next}
        >
          {t('password.change')}
        </Button>
      </div>
    </form>
  );
}
