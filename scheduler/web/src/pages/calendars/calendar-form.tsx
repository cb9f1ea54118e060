import { Button, Input, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Field } from '../../look/field.tsx';
import { Panel, ProblemNote } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';
import { type DayList, readDays, writeDays } from '../../pure/calendar-days.ts';
import type { Calendar } from './shown-calendar.tsx';

const WEEKDAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

/** The weekly pattern, and the dates that differ from it. */
export function CalendarForm({
  calendar,
  onChange,
  isChanged,
  error,
  onSave,
  onUndo,
}: {
  readonly calendar: Calendar;
  /** Null: it may only be looked at. */
  readonly onChange: ((next: Calendar) => void) | null;
  readonly isChanged: boolean;
  readonly error: unknown;
  readonly onSave: () => Promise<void>;
  readonly onUndo: () => void;
}) {
  const { t } = useTranslation();
  const list = (field: DayList) => ({
    ...{ calendar, field, onChange, problem: problemAt(error, `calendar.${field}`) },
    label: t(`calendars.${field}`),
    help: t(`calendars.${field}Help`),
  });
  return (
    <Panel title={t('calendars.pattern')}>
      <div className="stack">
        <Field label={t('calendars.weekly')} problem={problemAt(error, 'calendar.weekly')}>
          {(input) => (
            <Select
              {...input}
              mode="multiple"
              disabled={onChange === null}
              value={[...(calendar.weekly ?? WEEKDAYS.slice(0, 5))]}
              onChange={(weekly) => onChange?.({ ...calendar, weekly })}
              options={WEEKDAYS.map((day, n) => ({ value: day, label: t(`cron.day.${(n + 1) % 7}`) }))}
            />
          )}
        </Field>
        <DaysField {...list('datesOut')} />
        <DaysField {...list('datesIn')} />
        {error !== null && <ProblemNote error={error} />}
        {onChange !== null && (
          <div className="row">
            <Button type="primary" disabled={!isChanged} onClick={() => void onSave()}>
              {t('common.save')}
            </Button>
            <Button disabled={!isChanged} onClick={onUndo}>
              {t('common.cancel')}
            </Button>
          </div>
        )}
      </div>
    </Panel>
  );
}

/** Typed or pasted as text, which stays as it was typed as long as it says what the calendar has. */
function DaysField({
  label,
  help,
  problem,
  calendar,
  field,
  onChange,
}: {
  readonly label: string;
  readonly help: string;
  readonly problem: string | null;
  readonly calendar: Calendar;
  readonly field: DayList;
  readonly onChange: ((next: Calendar) => void) | null;
}) {
  const written = writeDays(calendar, field);
  const [text, setText] = useState(written);
  useEffect(() => {
    setText((now) => (writeDays(readDays({}, field, now), field) === written ? now : written));
  }, [field, written]);
  return (
    <Field label={label} help={help} problem={problem}>
      {(input) => (
        <Input.TextArea
          {...input}
          rows={6}
          className="mono"
          disabled={onChange === null}
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            onChange?.(readDays(calendar, field, target.value));
          }}
        />
      )}
    </Field>
  );
}
