import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Modal, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { useAsk } from '../../look/ask.tsx';
import { Field } from '../../look/field.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Panel, ProblemNote } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';
import { State } from '../../look/state.tsx';
import { Duration, Inert } from '../../look/values.tsx';
import { readDuration, writeDuration } from '../../pure/format.ts';

type Rule = Reply<'GET /alarm-rules'>['items'][number];
const EVENTS = [
  'failure',
  'late_start',
  'eta_past_cut_off',
  'stalled',
  'unresolved_too_long',
  'node_lost',
  'other',
] as const;

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

function RuleDialog({ rule, onClose }: { readonly rule: Rule | null; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const channels = useRead('GET /alarm-channels');
  const groups = useRead('GET /groups');
  const [name, setName] = useState(rule?.name ?? '');
  const [events, setEvents] = useState<readonly Rule['events'][number][]>(rule?.events ?? ['failure']);
  const [group, setGroup] = useState<string | null>(rule?.group ?? null);
  const [severity, setSeverity] = useState<'warning' | 'critical'>(rule?.severity ?? 'warning');
  const [ids, setIds] = useState<readonly number[]>(rule?.channels ?? []);
  const [tellRecovery, setTellRecovery] = useState(rule?.tellRecovery ?? true);
  const [after, setAfter] = useState(writeDuration(rule?.afterMs ?? 0));
  const [enabled, setEnabled] = useState(rule?.enabled ?? true);
  const [error, setError] = useState<unknown>(null);
  const afterMs = readDuration(after);
  const save = async () => {
    setError(null);
    const body = {
      name,
      events: [...events],
      group,
      severity,
      channels: [...ids],
      tellRecovery,
      afterMs: afterMs ?? 0,
      enabled,
    };
    try {
      if (rule === null) await call('POST /alarm-rules', { body });
      else await call('PUT /alarm-rules/:ruleId', { params: { ruleId: rule.id }, body });
      void client.invalidateQueries();
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Modal
      open
      title={rule === null ? t('rules.new') : rule.name}
      onCancel={onClose}
      onOk={() => void save()}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: name === '' || events.length === 0 || ids.length === 0 || afterMs === null }}
    >
      <div className="stack">
        <Field label={t('enter.name')} problem={problemAt(error, 'name')}>
          {(input) => <Input {...input} maxLength={64} value={name} onChange={({ target }) => setName(target.value)} />}
        </Field>
        <Field label={t('rules.events')} problem={problemAt(error, 'events')}>
          {(input) => (
            <Select
              {...input}
              mode="multiple"
              value={[...events]}
              onChange={setEvents}
              options={EVENTS.map((value) => ({ value, label: t(`ruleEvent.${value}`) }))}
            />
          )}
        </Field>
        <Field label={t('runs.group')} help={t('rules.groupHelp')}>
          {(input) => (
            <Select
              {...input}
              allowClear
              placeholder={t('common.all')}
              value={group}
              onChange={(next) => setGroup(next ?? null)}
              options={(groups.data?.items ?? []).map(({ name: value }) => ({ value, label: value }))}
            />
          )}
        </Field>
        <Field label={t('rules.least')}>
          {(input) => (
            <Select
              {...input}
              value={severity}
              onChange={setSeverity}
              options={(['warning', 'critical'] as const).map((value) => ({ value, label: t(`state.${value}`) }))}
            />
          )}
        </Field>
        <Field label={t('alarms.tab.channels')} problem={problemAt(error, 'channels')}>
          {(input) => (
            <Select
              {...input}
              mode="multiple"
              value={[...ids]}
              onChange={setIds}
              options={(channels.data?.items ?? []).map(({ id, name: label }) => ({ value: id, label }))}
            />
          )}
        </Field>
        <Field
          label={t('rules.after')}
          help={t('rules.afterHelp')}
          problem={afterMs === null ? t('schedule.spanWrong') : problemAt(error, 'afterMs')}
        >
          {(input) => <Input {...input} value={after} onChange={({ target }) => setAfter(target.value)} />}
        </Field>
        <Field label={t('rules.tellRecovery')}>
          {({ id }) => (
            <span>
              <Switch id={id} checked={tellRecovery} onChange={setTellRecovery} />
            </span>
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
