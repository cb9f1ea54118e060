import { DatePicker, Select } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';
import type { Reply } from '../api/client.ts';
import { Field } from '../look/field.tsx';
import { serverNow } from '../look/values.tsx';
import { CronEditor } from './cron-editor.tsx';
import { DurationInput, isNoDuration } from './duration-input.tsx';
import { NamesSelect } from './names-select.tsx';

export type Schedule = Reply<'GET /jobs/:jobId'>['job']['schedule'];
const KINDS = ['none', 'cron', 'fixed_rate', 'fixed_delay', 'one_off', 'parent'] as const;
const HOUR = 3_600_000;

/** What a kind begins with when it is chosen. */
function beginning(kind: Schedule['kind']): Schedule {
  switch (kind) {
    case 'none':
      return { kind };
    case 'cron':
      return { kind, dialect: 'quartz', text: '0 0 22 * * ?', zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
    case 'fixed_rate':
      return { kind, everyMs: 60_000 };
    case 'fixed_delay':
      return { kind, delayMs: 60_000 };
    case 'one_off':
      return { kind, atMs: Math.ceil(serverNow() / HOUR) * HOUR };
    case 'parent':
      return { kind, jobs: [], on: 'success' };
  }
}

/** Where what is wrong with a schedule is shown beside its field. */
export const SCHEDULE_PATHS = [
  'schedule',
  'schedule.text',
  'schedule.zone',
  'schedule.everyMs',
  'schedule.delayMs',
  'schedule.atMs',
  'schedule.jobs',
] as const;

export function ScheduleEditor({
  value,
  onChange,
  problems,
  withParent = true,
}: {
  readonly value: Schedule;
  readonly onChange: (next: Schedule) => void;
  readonly problems: ReadonlyMap<string, string>;
  /** Chains join jobs by edges instead. */
  readonly withParent?: boolean;
}) {
  const { t } = useTranslation();
  const kinds = KINDS.filter((kind) => withParent || kind !== 'parent');
  return (
    <div className="stack">
      <div className="settings">
        <Field
          label={t('schedule.kind')}
          help={t(`schedule.help.${value.kind}`)}
          problem={problems.get('schedule') ?? null}
        >
          {(input) => (
            <Select
              {...input}
              value={value.kind}
              onChange={(kind) => onChange(beginning(kind))}
              options={kinds.map((kind) => ({ value: kind, label: t(`schedule.${kind}`) }))}
            />
          )}
        </Field>
        {value.kind === 'fixed_rate' && (
          <Span
            label={t('schedule.every')}
            ms={value.everyMs}
            problem={problems.get('schedule.everyMs')}
            onChange={(everyMs) => onChange({ ...value, everyMs })}
          />
        )}
        {value.kind === 'fixed_delay' && (
          <Span
            label={t('schedule.delay')}
            ms={value.delayMs}
            problem={problems.get('schedule.delayMs')}
            onChange={(delayMs) => onChange({ ...value, delayMs })}
          />
        )}
        {value.kind === 'one_off' && (
          <Field label={t('schedule.at')} problem={problems.get('schedule.atMs') ?? null}>
            {({ id, status }) => (
              <DatePicker
                id={id}
                status={status}
                showTime
                allowClear={false}
                value={dayjs(value.atMs)}
                onChange={(day) => day !== null && onChange({ ...value, atMs: day.valueOf() })}
              />
            )}
          </Field>
        )}
        {value.kind === 'parent' && (
          <Parents value={value} onChange={onChange} problem={problems.get('schedule.jobs') ?? null} />
        )}
      </div>
      {value.kind === 'cron' && (
        <CronEditor value={value} onChange={onChange} problem={problems.get('schedule.text') ?? null} />
      )}
    </div>
  );
}

function Span({
  label,
  ms,
  problem,
  onChange,
}: {
  readonly label: string;
  readonly ms: number;
  readonly problem: string | undefined;
  readonly onChange: (ms: number) => void;
}) {
  const { t } = useTranslation();
  return (
    <Field
      label={label}
      help={t('schedule.spanHelp')}
      problem={isNoDuration(ms) ? t('schedule.spanWrong') : (problem ?? null)}
    >
      {/* What cannot be read is no number, and no API takes it. */}
      {(input) => <DurationInput {...input} value={ms} onChange={(next) => onChange((next ?? '') as number)} />}
    </Field>
  );
}

function Parents({
  value,
  onChange,
  problem,
}: {
  readonly value: Extract<Schedule, { kind: 'parent' }>;
  readonly onChange: (next: Schedule) => void;
  readonly problem: string | null;
}) {
  const { t } = useTranslation();
  return (
    <>
      <Field label={t('schedule.parents')} problem={problem}>
        {(input) => (
          <NamesSelect
            {...input}
            of="job"
            mode="multiple"
            value={[...value.jobs]}
            onChange={(names: string[]) => onChange({ ...value, jobs: names })}
          />
        )}
      </Field>
      <Field label={t('schedule.on')}>
        {(input) => (
          <Select
            {...input}
            value={value.on}
            onChange={(on) => onChange({ ...value, on })}
            options={(['success', 'failure', 'always'] as const).map((on) => ({
              value: on,
              label: t(`edge.when.${on}`),
            }))}
          />
        )}
      </Field>
    </>
  );
}
