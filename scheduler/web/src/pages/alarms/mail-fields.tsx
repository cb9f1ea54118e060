import { Input, InputNumber, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { Field } from '../../look/field.tsx';
import type { Channel } from './channels.tsx';

export type MailSettings = Exclude<Channel['settings'], { url: string }>;

export const NEW_MAIL: MailSettings = { host: '', port: 465, security: 'tls', from: '', to: [] };

export const isWhole = ({ host, from, to }: MailSettings): boolean => host !== '' && from !== '' && to.length > 0;

/** By which server mails go, and to whom. */
export function MailFields({
  value,
  onChange,
  wrong,
}: {
  readonly value: MailSettings;
  readonly onChange: (next: MailSettings) => void;
  readonly wrong: (path: string) => string | null;
}) {
  const { t } = useTranslation();
  const { host, port, security, user = '', from, to } = value;
  const setUser = (next: string) => {
    const { user: _, ...rest } = value;
    onChange(next === '' ? rest : { ...rest, user: next });
  };
  return (
    <>
      <div className="halves">
        <Field label={t('channels.host')} problem={wrong('settings.host')}>
          {(input) => (
            <Input {...input} value={host} onChange={({ target }) => onChange({ ...value, host: target.value })} />
          )}
        </Field>
        <Field label={t('channels.port')} help={t('channels.portHelp')} problem={wrong('settings.port')}>
          {(input) => (
            <InputNumber
              {...input}
              min={1}
              max={65535}
              value={port}
              onChange={(next) => onChange({ ...value, port: next ?? NEW_MAIL.port })}
            />
          )}
        </Field>
      </div>
      <Field label={t('channels.security')} help={t(`mailSecurity.${security}`)} problem={wrong('settings.security')}>
        {(input) => (
          <Select
            {...input}
            value={security}
            onChange={(next) => onChange({ ...value, security: next })}
            options={(['tls', 'starttls', 'none'] as const).map((word) => ({ value: word, label: word.toUpperCase() }))}
          />
        )}
      </Field>
      <Field label={t('channels.user')} help={t('channels.userHelp')} problem={wrong('settings.user')}>
        {(input) => (
          <Input {...input} autoComplete="off" value={user} onChange={({ target }) => setUser(target.value)} />
        )}
      </Field>
      <Field label={t('channels.from')} problem={wrong('settings.from')}>
        {(input) => (
          <Input {...input} value={from} onChange={({ target }) => onChange({ ...value, from: target.value })} />
        )}
      </Field>
      <Field label={t('channels.to')} help={t('channels.toHelp')} problem={wrong('settings.to')}>
        {(input) => (
          <Select
            {...input}
            mode="tags"
            open={false}
            suffixIcon={null}
            tokenSeparators={[',', ' ', ';']}
            value={[...to]}
            onChange={(next: string[]) => onChange({ ...value, to: next })}
          />
        )}
      </Field>
    </>
  );
}
