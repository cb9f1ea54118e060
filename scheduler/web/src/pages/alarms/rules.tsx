import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { EditableList } from '../../look/editable-list.tsx';
import { State } from '../../look/state.tsx';
import { Duration, Inert } from '../../look/values.tsx';
import { RuleDialog } from './rule-dialog.tsx';

export type Rule = Reply<'GET /alarm-rules'>['items'][number];

/** Which alarms leave, and by which ways. */
export function Rules() {
  const { t } = useTranslation();
  const rules = useRead('GET /alarm-rules', {}, { topics: ['alarms'] });
  const channels = useRead('GET /alarm-channels');
  const names = new Map(channels.data?.items.map(({ id, name }) => [id, name]) ?? []);
  return (
    <EditableList
      title={t('alarms.tab.rules')}
      newText={t('rules.new')}
      empty={t('rules.none')}
      query={rules}
      columns={[
        {
          key: 'events',
          title: t('rules.events'),
          cell: ({ events }) => events.map((event) => t(`ruleEvent.${event}`)).join(', '),
        },
        {
          key: 'group',
          title: t('runs.group'),
          cell: ({ group }) => (group === null ? t('common.all') : <Inert text={group} />),
        },
        { key: 'severity', title: t('rules.least'), cell: ({ severity }) => <State state={severity} /> },
        {
          key: 'channels',
          title: t('alarms.tab.channels'),
          cell: ({ channels: ids }) => <Inert text={ids.map((id) => names.get(id) ?? `#${id}`).join(', ')} />,
        },
        {
          key: 'after',
          title: t('rules.after'),
          cell: ({ afterMs }) => (afterMs === 0 ? t('rules.atOnce') : <Duration ms={afterMs} />),
        },
      ]}
      dialog={(rule, onClose) => <RuleDialog rule={rule} onClose={onClose} />}
      remove={(ruleId) => call('DELETE /alarm-rules/:ruleId', { params: { ruleId } })}
    />
  );
}
