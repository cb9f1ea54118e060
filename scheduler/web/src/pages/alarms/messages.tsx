import { useTranslation } from 'react-i18next';
import { usePages, useRead } from '../../api/read.ts';
import { List } from '../../look/list.tsx';
import { Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Inert, Instant, Said } from '../../look/values.tsx';

/** What left, by which way, and what would not go. */
export function Messages() {
  const { t } = useTranslation();
  const messages = usePages('GET /alarm-messages', {}, { topics: ['alarms'] });
  const channels = useRead('GET /alarm-channels');
  const names = new Map(channels.data?.items.map(({ id, name }) => [id, name]) ?? []);
  return (
    <Panel title={t('alarms.tab.messages')} flush>
      <List
        caption={t('alarms.tab.messages')}
        rows={messages.rows}
        rowKey={({ id }) => id}
        query={messages}
        empty={t('messages.none')}
        columns={[
          {
            key: 'what',
            title: t('alarms.what'),
            lead: true,
            cell: ({ what, alarmId }) => <strong>{t(`message.${what}`, { id: alarmId })}</strong>,
          },
          {
            key: 'channel',
            title: t('channels.one'),
            cell: ({ channelId }) => <Inert text={names.get(channelId) ?? `#${channelId}`} />,
          },
          { key: 'state', title: t('runs.state'), cell: ({ state }) => <State state={state} /> },
          { key: 'tries', title: t('items.attempt'), align: 'num', cell: ({ tries }) => tries },
          {
            key: 'made',
            title: t('timeline.made'),
            cell: ({ createdAtMs }) => <Instant atMs={createdAtMs} style="second" />,
          },
          { key: 'sent', title: t('state.sent'), cell: ({ sentAtMs }) => <Instant atMs={sentAtMs} style="second" /> },
          {
            key: 'error',
            title: t('fires.reason'),
            cell: ({ error }) => <Said text={error ?? ''} className="small" />,
          },
        ]}
      />
    </Panel>
  );
}
