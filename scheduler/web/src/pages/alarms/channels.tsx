import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Input, InputNumber, Modal, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Body } from '../../../../api/admin/contract/routes.ts';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { useAsk } from '../../look/ask.tsx';
import { Field } from '../../look/field.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Panel, ProblemNote, useProblemWords } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';
import { State } from '../../look/state.tsx';
import { Ago, Inert } from '../../look/values.tsx';

type Channel = Reply<'GET /alarm-channels'>['items'][number];
type ChannelBody = Body<'POST /alarm-channels'>;
const KINDS = ['email', 'webhook', 'dingtalk', 'feishu', 'slack'] as const;

export function Channels() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const [editing, setEditing] = useState<Channel | 'new' | null>(null);
  const channels = useRead('GET /alarm-channels', {}, { topics: ['alarms'] });
  const remove = ({ id, name }: Channel) =>
    ask({
      title: t('job.removeTitle', { name }),
      ok: t('common.remove'),
      danger: true,
      act: async () => {
        await call('DELETE /alarm-channels/:channelId', { params: { channelId: id } });
        void client.invalidateQueries();
      },
    });
  return (
    <Panel
      title={t('alarms.tab.channels')}
      flush
      actions={
        <Button type="primary" icon={<Icon name="plus" size={15} />} onClick={() => setEditing('new')}>
          {t('channels.new')}
        </Button>
      }
    >
      <List
        caption={t('alarms.tab.channels')}
        rows={channels.data?.items ?? []}
        rowKey={({ id }) => id}
        query={channels}
        empty={t('channels.none')}
        columns={[
          {
            key: 'name',
            title: t('enter.name'),
            lead: true,
            cell: ({ name }) => (
              <strong>
                <Inert text={name} />
              </strong>
            ),
          },
          { key: 'kind', title: t('channels.kind'), cell: ({ kind }) => t(`channel.${kind}`) },
          {
            key: 'to',
            title: t('channels.to'),
            cell: ({ settings }) => (
              <Inert text={'url' in settings ? settings.url : settings.to.join(', ')} className="small" />
            ),
          },
          {
            key: 'state',
            title: t('runs.state'),
            cell: ({ enabled }) => <State state={enabled ? 'enabled' : 'disabled'} />,
          },
          { key: 'last', title: t('channels.lastSent'), cell: ({ lastSentAtMs }) => <Ago atMs={lastSentAtMs} /> },
          {
            key: 'error',
            title: t('channels.lastError'),
            cell: ({ lastError }) => <Inert text={lastError ?? ''} className="small" />,
          },
          {
            key: 'do',
            title: '',
            cell: (channel) => (
              <span className="row tight">
                <TestButton channelId={channel.id} />
                <Button size="small" onClick={() => setEditing(channel)}>
                  {t('job.edit')}
                </Button>
                <Button size="small" danger onClick={() => remove(channel)}>
                  {t('common.remove')}
                </Button>
              </span>
            ),
          },
        ]}
      />
      {editing !== null && (
        <ChannelDialog channel={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />
      )}
    </Panel>
  );
}

function TestButton({ channelId }: { readonly channelId: number }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const words = useProblemWords();
  const [isBusy, setIsBusy] = useState(false);
  const test = async () => {
    setIsBusy(true);
    try {
      const { sent, problem } = await call('POST /alarm-channels/:channelId/test', { params: { channelId } });
      if (sent) void message.success(t('channels.testSent'));
      else void message.error(t('channels.testFailed', { problem: problem ?? '' }));
    } catch (error) {
      void message.error(words(error));
    }
    setIsBusy(false);
  };
  return (
    <Button size="small" loading={isBusy} onClick={() => void test()}>
      {t('channels.test')}
    </Button>
  );
}

function ChannelDialog({ channel, onClose }: { readonly channel: Channel | null; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
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
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setError(null);
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
    try {
      if (channel === null) await call('POST /alarm-channels', { body });
      else await call('PUT /alarm-channels/:channelId', { params: { channelId: channel.id }, body });
      void client.invalidateQueries();
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  const wrong = (path: string) => problemAt(error, path);
  const needsSecret = kind === 'email' || kind === 'dingtalk' || kind === 'feishu';
  return (
    <Modal
      open
      title={channel === null ? t('channels.new') : channel.name}
      onCancel={onClose}
      onOk={() => void save()}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: name === '' }}
    >
      <div className="stack">
        <Field label={t('enter.name')} problem={wrong('name')}>
          {(input) => <Input {...input} maxLength={64} value={name} onChange={({ target }) => setName(target.value)} />}
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
                  <InputNumber {...input} min={1} max={65535} value={port} onChange={(next) => setPort(next ?? 465)} />
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
        <Field label={t('state.enabled')}>
          {({ id }) => (
            <span>
              <Switch id={id} checked={enabled} onChange={setEnabled} />
            </span>
          )}
        </Field>
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Modal>
  );
}
