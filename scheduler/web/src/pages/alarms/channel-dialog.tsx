import { Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Body } from '../../../../api/admin/contract/routes.ts';
import { call } from '../../api/client.ts';
import { Field } from '../../look/field.tsx';
import { SaveDialog } from '../../look/save-dialog.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import type { Channel } from './channels.tsx';
import { isWhole, MailFields, NEW_MAIL } from './mail-fields.tsx';

type ChannelBody = Body<'POST /alarm-channels'>;
const KINDS = ['email', 'webhook', 'dingtalk', 'feishu', 'slack'] as const;
/** What has a password or a signature. */
const WITH_SECRET: readonly Channel['kind'][] = ['email', 'dingtalk', 'feishu'];

export function ChannelDialog({
  channel,
  onClose,
}: {
  readonly channel: Channel | null;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const kept = channel?.settings;
  const [name, setName] = useState(channel?.name ?? '');
  const [kind, setKind] = useState<Channel['kind']>(channel?.kind ?? 'email');
  const [enabled, setEnabled] = useState(channel?.enabled ?? true);
  const [language, setLanguage] = useState(kept?.language ?? 'en');
  // Both are kept while the kind is chosen: what was typed for one is not lost by a look at the other.
  const [url, setUrl] = useState(kept !== undefined && 'url' in kept ? kept.url : '');
  const [mail, setMail] = useState(kept === undefined || 'url' in kept ? NEW_MAIL : kept);
  const [secret, setSecret] = useState('');
  const isMail = kind === 'email';
  const save = async () => {
    const body: ChannelBody = {
      name,
      kind,
      enabled,
      settings: { ...(isMail ? mail : { url }), language },
      ...(secret === '' ? {} : { secret }),
    };
    if (channel === null) await call('POST /alarm-channels', { body });
    else await call('PUT /alarm-channels/:channelId', { params: { channelId: channel.id }, body });
  };
  return (
    <SaveDialog
      title={channel === null ? t('channels.new') : channel.name}
      isReady={name !== '' && (isMail ? isWhole(mail) : url !== '')}
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
          <Field label={t('channels.kind')} problem={wrong('kind')}>
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
          {isMail ? (
            <MailFields value={mail} onChange={setMail} wrong={wrong} />
          ) : (
            <Field label={t('channels.url')} help={t('channels.urlHelp')} problem={wrong('settings.url')}>
              {(input) => <Input {...input} value={url} onChange={({ target }) => setUrl(target.value)} />}
            </Field>
          )}
          {WITH_SECRET.includes(kind) && (
            <Field
              label={t(isMail ? 'channels.mailPassword' : 'channels.secret')}
              help={channel?.hasSecret === true ? t('channels.secretKept') : t('channels.secretHelp')}
              problem={wrong('secret')}
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
          <SwitchField
            label={t('state.enabled')}
            help={t('channels.enabledHelp')}
            checked={enabled}
            onChange={setEnabled}
          />
        </>
      )}
    </SaveDialog>
  );
}
