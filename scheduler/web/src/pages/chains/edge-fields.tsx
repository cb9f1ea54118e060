import { Button, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { DurationInput, isNoDuration } from '../../edit/duration-input.tsx';
import { Field } from '../../look/field.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import type { ChainInput } from './edit-chain.tsx';

type Edge = ChainInput['edges'][number];

/** One edge into a node: what it waits for, and how long. */
export function EdgeFields({
  edge,
  onChange,
}: {
  readonly edge: Edge;
  readonly onChange: (next: Edge | null) => void;
}) {
  const { t } = useTranslation();
  const { when = 'success', milestone = 'SETTLED', orCutOff = false } = edge;
  return (
    <fieldset className="edge-item">
      <legend>{t('chain.edgeFrom', { from: edge.from })}</legend>
      <div className="settings">
        <Field label={t('chain.when')}>
          {(input) => (
            <Select
              {...input}
              value={when}
              onChange={(next) => onChange({ ...edge, when: next })}
              options={(['success', 'failure', 'always'] as const).map((value) => ({
                value,
                label: t(`edge.when.${value}`),
              }))}
            />
          )}
        </Field>
        <Field label={t('chain.milestone')} help={t(`milestoneHelp.${milestone}`)}>
          {(input) => (
            <Select
              {...input}
              value={milestone}
              onChange={(next) => onChange({ ...edge, milestone: next })}
              options={(['SETTLED', 'DISPATCHED'] as const).map((value) => ({ value, label: t(`milestone.${value}`) }))}
            />
          )}
        </Field>
        {milestone === 'SETTLED' && <Grace edge={edge} onChange={onChange} />}
        <Deadline edge={edge} onChange={onChange} />
        <SwitchField
          label={t('chain.orCutOff')}
          help={t('chain.orCutOffHelp')}
          checked={orCutOff}
          onChange={(on) => onChange({ ...edge, orCutOff: on })}
        />
      </div>
      <Button size="small" onClick={() => onChange(null)}>
        {t('chain.removeEdge')}
      </Button>
    </fieldset>
  );
}

interface PartProps {
  readonly edge: Edge;
  readonly onChange: (next: Edge) => void;
}

const FIVE_MINUTES = 300_000;

/** How long it waits for what is not settled when all shards are back. */
function Grace({ edge, onChange }: PartProps) {
  const { t } = useTranslation();
  const { graceMs, ...rest } = edge;
  const kind = graceMs === undefined ? 'none' : graceMs === 'auto' ? 'auto' : 'span';
  const begin = { none: rest, auto: { ...rest, graceMs: 'auto' as const }, span: { ...rest, graceMs: FIVE_MINUTES } };
  return (
    <>
      <Field label={t('chain.grace')} help={t(`graceHelp.${kind}`)}>
        {(input) => (
          <Select
            {...input}
            value={kind}
            onChange={(next: keyof typeof begin) => onChange(begin[next])}
            options={(['none', 'auto', 'span'] as const).map((value) => ({ value, label: t(`grace.${value}`) }))}
          />
        )}
      </Field>
      {kind === 'span' && (
        <Field label={t('grace.span')} problem={isNoDuration(graceMs) ? t('schedule.spanWrong') : null}>
          {(input) => (
            <DurationInput
              {...input}
              value={graceMs}
              onChange={(next) => onChange({ ...rest, graceMs: (next ?? '') as number })}
            />
          )}
        </Field>
      )}
    </>
  );
}

function Deadline({ edge, onChange }: PartProps) {
  const { t } = useTranslation();
  const { deadlineMs, onDeadline, ...rest } = edge;
  const then = onDeadline === undefined ? {} : { onDeadline };
  return (
    <>
      <Field
        label={t('chain.deadline')}
        help={t('chain.deadlineHelp')}
        problem={isNoDuration(deadlineMs) ? t('schedule.spanWrong') : null}
      >
        {(input) => (
          <DurationInput
            {...input}
            value={deadlineMs}
            onChange={(next) => onChange(next === null ? rest : { ...rest, deadlineMs: next as number, ...then })}
          />
        )}
      </Field>
      {deadlineMs !== undefined && (
        <Field label={t('chain.onDeadline')}>
          {(input) => (
            <Select
              {...input}
              value={onDeadline ?? 'alarm'}
              onChange={(next) => onChange({ ...edge, onDeadline: next })}
              options={(['alarm', 'go', 'give_up'] as const).map((value) => ({
                value,
                label: t(`onDeadline.${value}`),
              }))}
            />
          )}
        </Field>
      )}
    </>
  );
}
