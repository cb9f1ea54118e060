import { Input, Segmented, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/read.ts';
import { DurationInput, isNoDuration } from '../../edit/duration-input.tsx';
import { Field } from '../../look/field.tsx';
import type { ChainInput } from './edit-chain.tsx';

type CutOff = NonNullable<ChainInput['cutOff']>;

export const CUT_OFF_PATHS = ['cutOff', 'cutOff.time', 'cutOff.zone', 'cutOff.afterMs'] as const;

/** What each kind begins with when it is chosen. */
const BEGINNING: { readonly [K in CutOff['kind']]: Extract<CutOff, { kind: K }> } = {
  none: { kind: 'none' },
  time: { kind: 'time', time: '06:00', zone: Intl.DateTimeFormat().resolvedOptions().timeZone },
  after: { kind: 'after', afterMs: 8 * 3_600_000 },
};

/** When a run that a schedule starts has to be done. */
export function CutOffFields({
  cutOff,
  onChange,
  problems,
}: {
  readonly cutOff: CutOff;
  readonly onChange: (next: CutOff) => void;
  readonly problems: ReadonlyMap<string, string>;
}) {
  const { t } = useTranslation();
  const zones = useRead('GET /zones');
  const problemAt = (path: (typeof CUT_OFF_PATHS)[number]) => problems.get(path) ?? null;
  return (
    <div className="settings">
      <Field label={t('band.cutOff')} help={t('cutOff.help')} problem={problemAt('cutOff')}>
        {({ id }) => (
          <span>
            <Segmented
              id={id}
              value={cutOff.kind}
              options={(['none', 'time', 'after'] as const).map((kind) => ({
                value: kind,
                label: t(`cutOff.${kind}`),
              }))}
              onChange={(kind) => onChange(BEGINNING[kind])}
            />
          </span>
        )}
      </Field>
      {cutOff.kind === 'time' && (
        <>
          <Field label={t('cutOff.time')} help={t('cutOff.timeHelp')} problem={problemAt('cutOff.time')}>
            {(input) => (
              <Input
                {...input}
                placeholder="06:00"
                value={cutOff.time}
                onChange={({ target }) => onChange({ ...cutOff, time: target.value })}
              />
            )}
          </Field>
          <Field label={t('cron.zone')} help={t('cron.zoneHelp')} problem={problemAt('cutOff.zone')}>
            {(input) => (
              <Select
                {...input}
                showSearch
                value={cutOff.zone}
                onChange={(zone) => onChange({ ...cutOff, zone })}
                options={(zones.data?.items ?? [cutOff.zone]).map((name) => ({ value: name, label: name }))}
              />
            )}
          </Field>
        </>
      )}
      {cutOff.kind === 'after' && (
        <Field
          label={t('cutOff.after')}
          help={t('schedule.spanHelp')}
          problem={isNoDuration(cutOff.afterMs) ? t('schedule.spanWrong') : problemAt('cutOff.afterMs')}
        >
          {(input) => (
            <DurationInput
              {...input}
              value={cutOff.afterMs}
              onChange={(next) => onChange({ kind: 'after', afterMs: (next ?? '') as number })}
            />
          )}
        </Field>
      )}
    </div>
  );
}
