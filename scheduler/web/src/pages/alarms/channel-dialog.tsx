import { Input, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Body } from '../../../../api/admin/contract/routes.ts';
import { call } from '../../api/client.ts';
import { Field } from '../../look/field.tsx';
import { SaveDialog } from '../../look/save-dialog.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import type { Channel } from './channels.tsx';

type ChannelBody = Body<'POST /alarm-channels'>;
const KINDS = ['email', 'webhook', 'dingtalk', 'feishu', 'slack'] as const;

export function ChannelDialog({
  channel,
  onClose,
}: {
  readonly channel: Channel | null;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const mail = channel !== null && !('url' in channel.settings) ? channel.settings : null;
  const hook = channel !== null && 'url' in channel.settings ? channel.settings : null;
  const [name, setName] = useState(channel?.name ?? '');
  const [kind, setKind] = useState<Channel['kind']>(channel?.kind ?? 'email');
  const [enabled, setEnabled] = useState(channel?.enabled ?? true);
  const [language, setLanguage] = useState<'en' | 'zh'>(mail?.language ?? hook?.language ?? 'en');
  const [url, setUrl] = useState(hook?.url ?? '');
  const [host, setHost] = useState(mail?.host ?? '');
  const [port, setPort] = useState(mail?.port ?? 465);
  const [security, setSecurity] = useState<'tls' | 'starttls' | 'none'>(mail?.security ?? 'tls');
  const [user, setUser] = useState(mail?.user ?? '');
  const [from, setFrom] = useState(mail?.from ?? '');
  const [to, setTo] = useState<readonly string[]>(mail?.to ?? []);
  const [secret, setSecret] = useState('');
  const save = async () => {
    const body: ChannelBody = {
      name,
      kind,
      enabled,
      settings:
        kind === 'email'
          ? { host, port, security, from, to: [...to], language, ...(user === '' ? {} : { user }) }
          : { url, language },
      ...(secret === '' ? {} : { secret }),
    };
    if (channel === null) await call('POST /alarm-channels', { body });
    else await call('PUT /alarm-channels/:channelId', { params: { channelId: channel.id }, body });
  };
  const needsSecret = kind === 'email' || kind === 'dingtalk' || kind === 'feishu';
  return (
    <SaveDialog
      title={channel === null ? t('channels.new') : channel.name}
      isReady={name !== ''}
      save={save}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          <Field label={t('enter.name')} problem={wrong('name')}>
            {(input) => (
              <Input {...input} maxLength={64} value={name} onChange={({ target }) => setName(target.value)} />
            )}
          </Field>
          <Field label={t('channels.kind')}>
            {(input) => (
              <Select
                {...input}
                disabled={channel !== null}
                value={kind}
                onChange={setKind}
                options={KINDS.map((value) => ({ value, label: t(`channel.${value}`) }))}
              />
            )}
          </Field>
          {kind === 'email' ? (
            <>
              <div className="halves">
                <Field label={t('channels.host')} problem={wrong('settings.host')}>
                  {(input) => <Input {...input} value={host} onChange={({ target }) => setHost(target.value)} />}
                </Field>
                <Field label={t('channels.port')} problem={wrong('settings.port')}>
                  {(input) => (
                    <InputNumber
                      {...input}
                      min={1}
                      max={65535}
                      value={port}
                      onChange={(next) => setPort(next ?? 465)}
                    />
                  )}
                </Field>
              </div>
              <Field label={t('channels.security')} help={t(`mailSecurity.${security}`)}>
                {(input) => (
                  <Select
                    {...input}
                    value={security}
                    onChange={setSecurity}
                    options={(['tls', 'starttls', 'none'] as const).map((value) => ({
                      value,
                      label: value.toUpperCase(),
                    }))}
                  />
                )}
              </Field>
              <Field label={t('channels.user')}>
                {(input) => (
                  <Input {...input} autoComplete="off" value={user} onChange={({ target }) => setUser(target.value)} />
                )}
              </Field>
              <Field label={t('channels.from')} problem={wrong('settings.from')}>
                {(input) => <Input {...input} value={from} onChange={({ target }) => setFrom(target.value)} />}
              </Field>
              <Field label={t('channels.to')} problem={wrong('settings.to')}>
                {(input) => (
                  <Select
                    {...input}
                    mode="tags"
                    open={false}
                    suffixIcon={null}
                    tokenSeparators={[',', ' ', ';']}
                    value={[...to]}
                    onChange={setTo}
                  />
                )}
              </Field>
            </>
          ) : (
            <Field label={t('channels.url')} help={t('channels.urlHelp')} problem={wrong('settings.url')}>
              {(input) => <Input {...input} value={url} onChange={({ target }) => setUrl(target.value)} />}
            </Field>
          )}
          {needsSecret && (
            <Field
              label={t(kind === 'email' ? 'channels.mailPassword' : 'channels.secret')}
              help={channel?.hasSecret === true ? t('channels.secretKept') : undefined}
            >
              {(input) => (
                <Input.Password
                  {...input}
                  autoComplete="new-password"
                  value={secret}
                  onChange={({ target }) => setSecret(target.value)}
                />
              )}
            </Field>
          )}
          <Field label={t('channels.language')}>
            {(input) => (
              <Select
                {...input}
                value={language}
                onChange={setLanguage}
                options={[
                  { value: 'en', label: 'English' },
                  { value: 'zh', label: '中文' },
                ]}
              />
            )}
          </Field>
          <SwitchField label={t('state.enabled')} checked={enabled} onChange={setEnabled} />
        </>
      )}
    </SaveDialog>
  );
}
