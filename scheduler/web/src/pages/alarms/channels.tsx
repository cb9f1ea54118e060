import { useQueryClient } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { useAsk } from '../../look/ask.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Panel, useProblemWords } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Ago, Inert } from '../../look/values.tsx';
import { ChannelDialog } from './channel-dialog.tsx';

export type Channel = Reply<'GET /alarm-channels'>['items'][number];

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
