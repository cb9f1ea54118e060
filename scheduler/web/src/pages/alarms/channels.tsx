import { App, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { useWording } from '../../app/preferences.ts';
import { EditableList } from '../../look/editable-list.tsx';
import { useProblemWords } from '../../look/parts.tsx';
import { Ago, Inert, Said } from '../../look/values.tsx';
import { ChannelDialog } from './channel-dialog.tsx';

export type Channel = Reply<'GET /alarm-channels'>['items'][number];

/** By which ways alarms leave. */
export function Channels() {
  const { t } = useTranslation();
  const channels = useRead('GET /alarm-channels', {}, { topics: ['alarms'] });
  return (
    <EditableList
      title={t('alarms.tab.channels')}
      newText={t('channels.new')}
      empty={t('channels.none')}
      query={channels}
      columns={[
        { key: 'kind', title: t('channels.kind'), cell: ({ kind }) => t(`channel.${kind}`) },
        {
          key: 'to',
          title: t('channels.to'),
          cell: ({ settings }) => (
            <Inert text={'url' in settings ? settings.url : settings.to.join(', ')} className="small" />
          ),
        },
        { key: 'last', title: t('channels.lastSent'), cell: ({ lastSentAtMs }) => <Ago atMs={lastSentAtMs} /> },
        {
          key: 'error',
          title: t('channels.lastError'),
          cell: ({ lastError }) => <Said text={lastError ?? ''} className="small" />,
        },
      ]}
      rowActions={({ id }) => <TestButton channelId={id} />}
      dialog={(channel, onClose) => <ChannelDialog channel={channel} onClose={onClose} />}
      remove={(channelId) => call('DELETE /alarm-channels/:channelId', { params: { channelId } })}
    />
  );
}

function TestButton({ channelId }: { readonly channelId: number }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const words = useProblemWords();
  const wording = useWording();
  const [isBusy, setIsBusy] = useState(false);
  const test = async () => {
    setIsBusy(true);
    try {
      const { sent, problem } = await call('POST /alarm-channels/:channelId/test', { params: { channelId } });
      if (sent) void message.success(t('channels.testSent'));
      else void message.error(t('channels.testFailed', { problem: wording(problem ?? '') }));
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
