import { Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { DurationInput, isNoDuration } from '../../edit/duration-input.tsx';
import { Field } from '../../look/field.tsx';
import { SaveDialog } from '../../look/save-dialog.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import type { Rule } from './rules.tsx';

const EVENTS = [
  'failure',
  'late_start',
  'eta_past_cut_off',
  'stalled',
  'unresolved_too_long',
  'node_lost',
  'other',
] as const;

export function RuleDialog({ rule, onClose }: { readonly rule: Rule | null; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const channels = useRead('GET /alarm-channels');
  const groups = useRead('GET /groups');
  const [name, setName] = useState(rule?.name ?? '');
  const [events, setEvents] = useState<readonly Rule['events'][number][]>(rule?.events ?? ['failure']);
  const [group, setGroup] = useState<string | null>(rule?.group ?? null);
  const [severity, setSeverity] = useState<'warning' | 'critical'>(rule?.severity ?? 'warning');
  const [ids, setIds] = useState<readonly number[]>(rule?.channels ?? []);
  const [tellRecovery, setTellRecovery] = useState(rule?.tellRecovery ?? true);
  const [afterMs, setAfterMs] = useState<number | string>(rule?.afterMs ?? 0);
  const [enabled, setEnabled] = useState(rule?.enabled ?? true);
  const isSpan = !isNoDuration(afterMs);
  const save = async () => {
    const body = {
      name,
      events: [...events],
      group,
      severity,
      channels: [...ids],
      tellRecovery,
      afterMs: Number(afterMs),
      enabled,
    };
    if (rule === null) await call('POST /alarm-rules', { body });
    else await call('PUT /alarm-rules/:ruleId', { params: { ruleId: rule.id }, body });
  };
  return (
    <SaveDialog
      title={rule === null ? t('rules.new') : rule.name}
      isReady={name !== '' && events.length > 0 && ids.length > 0 && isSpan}
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
          <Field label={t('rules.events')} help={t('rules.eventsHelp')} problem={wrong('events')}>
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
          <Field label={t('runs.group')} help={t('rules.groupHelp')} problem={wrong('group')}>
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
          <Field label={t('rules.least')} help={t('rules.leastHelp')}>
            {(input) => (
              <Select
                {...input}
                value={severity}
                onChange={setSeverity}
                options={(['warning', 'critical'] as const).map((value) => ({ value, label: t(`state.${value}`) }))}
              />
            )}
          </Field>
          <Field
            label={t('alarms.tab.channels')}
            help={t(channels.data?.items.length === 0 ? 'rules.channelFirst' : 'rules.channelsHelp')}
            problem={wrong('channels')}
          >
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
            problem={isSpan ? wrong('afterMs') : t('schedule.spanWrong')}
          >
            {(input) => <DurationInput {...input} value={afterMs} onChange={(next) => setAfterMs(next ?? 0)} />}
          </Field>
          <SwitchField label={t('rules.tellRecovery')} checked={tellRecovery} onChange={setTellRecovery} />
          <SwitchField label={t('state.enabled')} checked={enabled} onChange={setEnabled} />
        </>
      )}
    </SaveDialog>
  );
}
