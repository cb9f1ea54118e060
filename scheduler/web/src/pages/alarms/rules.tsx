import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { useAsk } from '../../look/ask.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Duration, Inert } from '../../look/values.tsx';
import { RuleDialog } from './rule-dialog.tsx';

export type Rule = Reply<'GET /alarm-rules'>['items'][number];

export function Rules() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const [editing, setEditing] = useState<Rule | 'new' | null>(null);
  const rules = useRead('GET /alarm-rules', {}, { topics: ['alarms'] });
  const channels = useRead('GET /alarm-channels');
  const names = new Map(channels.data?.items.map(({ id, name }) => [id, name]) ?? []);
  const remove = ({ id, name }: Rule) =>
    ask({
      title: t('job.removeTitle', { name }),
      ok: t('common.remove'),
      danger: true,
      act: async () => {
        await call('DELETE /alarm-rules/:ruleId', { params: { ruleId: id } });
        void client.invalidateQueries();
      },
    });
  return (
    <Panel
      title={t('alarms.tab.rules')}
      flush
      actions={
        <Button type="primary" icon={<Icon name="plus" size={15} />} onClick={() => setEditing('new')}>
          {t('rules.new')}
        </Button>
      }
    >
      <List
        caption={t('alarms.tab.rules')}
        rows={rules.data?.items ?? []}
        rowKey={({ id }) => id}
        query={rules}
        empty={t('rules.none')}
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
          {
            key: 'state',
            title: t('runs.state'),
            cell: ({ enabled }) => <State state={enabled ? 'enabled' : 'disabled'} />,
          },
          {
            key: 'do',
            title: '',
            cell: (rule) => (
              <span className="row tight">
                <Button size="small" onClick={() => setEditing(rule)}>
                  {t('job.edit')}
                </Button>
                <Button size="small" danger onClick={() => remove(rule)}>
                  {t('common.remove')}
                </Button>
              </span>
            ),
          },
        ]}
      />
      {editing !== null && <RuleDialog rule={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </Panel>
  );
}
