import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { Field } from '../../look/field.tsx';
import { Loaded, Panel, ProblemNote } from '../../look/parts.tsx';
import { Inert, serverNow } from '../../look/values.tsx';
import { Months } from './months.tsx';

type CalendarView = Reply<'GET /calendars'>['items'][number];
export type Calendar = CalendarView['calendar'];
const WEEKDAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

export function ShownCalendar({ view, mayEdit }: { readonly view: CalendarView; readonly mayEdit: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [calendar, setCalendar] = useState<Calendar>(view.calendar);
  const [year, setYear] = useState(() => new Date(serverNow()).getUTCFullYear());
  const [error, setError] = useState<unknown>(null);
  const isChanged = calendar !== view.calendar;
  const days = useRead('GET /calendars/:calendar/days', {
    params: { calendar: calendar.name },
    query: { from: `${year}-01-01`, to: `${year}-12-31` },
  });
  const save = async () => {
    setError(null);
    try {
      await call('PUT /calendars/:calendar', { params: { calendar: calendar.name }, body: { calendar } });
      void message.success(t('calendars.saved'));
      await client.invalidateQueries();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <div className="split">
      <Panel
        title={<Inert text={calendar.name} />}
        lead={<span className="soft small">{t('versions.name', { version: view.version })}</span>}
        actions={
          <>
            <Button size="small" aria-label={t('calendars.yearBefore')} onClick={() => setYear(year - 1)}>
              ←
            </Button>
            <strong>{year}</strong>
            <Button size="small" aria-label={t('calendars.yearAfter')} onClick={() => setYear(year + 1)}>
              →
            </Button>
          </>
        }
      >
        <Loaded of={days}>
          {({ items, unknownYears }) => (
            <div className="stack">
              {unknownYears.includes(year) && <p className="note tone-warn">{t('calendars.unknown', { year })}</p>}
              <Months
                year={year}
                items={items}
                calendar={calendar}
                onToggle={mayEdit ? (date, isIn) => setCalendar(toggle(calendar, date, isIn)) : null}
              />
              <ul className="legend">
                <li>
                  <i className="day-in" aria-hidden="true" /> {t('calendars.in')}
                </li>
                <li>
                  <i className="day-out" aria-hidden="true" /> {t('calendars.out')}
                </li>
                <li>
                  <i className="day-own" aria-hidden="true" /> {t('calendars.differs')}
                </li>
              </ul>
            </div>
          )}
        </Loaded>
      </Panel>
      <div className="stack">
        <Panel title={t('calendars.pattern')}>
          <div className="stack">
            <Field label={t('calendars.weekly')}>
              {(input) => (
                <Select
                  {...input}
                  mode="multiple"
                  disabled={!mayEdit}
                  value={[...(calendar.weekly ?? WEEKDAYS.slice(0, 5))]}
                  onChange={(weekly) => setCalendar({ ...calendar, weekly })}
                  options={WEEKDAYS.map((day, n) => ({ value: day, label: t(`cron.day.${(n + 1) % 7}`) }))}
                />
              )}
            </Field>
            <DateList
              label={t('calendars.datesOut')}
              calendar={calendar}
              field="datesOut"
              onChange={mayEdit ? setCalendar : null}
            />
            <DateList
              label={t('calendars.datesIn')}
              calendar={calendar}
              field="datesIn"
              onChange={mayEdit ? setCalendar : null}
            />
            {error !== null && <ProblemNote error={error} />}
            {mayEdit && (
              <div className="row">
                <Button type="primary" disabled={!isChanged} onClick={() => void save()}>
                  {t('common.save')}
                </Button>
                <Button disabled={!isChanged} onClick={() => setCalendar(view.calendar)}>
                  {t('common.cancel')}
                </Button>
              </div>
            )}
          </div>
        </Panel>
        {view.usedBy.length > 0 && (
          <Panel title={t('calendars.usedBy')}>
            <ul>
              {view.usedBy.map(({ kind, name }) => (
                <li key={`${kind} ${name}`}>
                  <Link
                    to={
                      kind === 'chain'
                        ? `/chains/${encodeURIComponent(name)}`
                        : `/jobs?search=${encodeURIComponent(name)}`
                    }
                  >
                    <Inert text={name} />
                  </Link>
                </li>
              ))}
            </ul>
          </Panel>
        )}
      </div>
    </div>
  );
}

function DateList({
  label,
  calendar,
  field,
  onChange,
}: {
  readonly label: string;
  readonly calendar: Calendar;
  readonly field: 'datesOut' | 'datesIn';
  readonly onChange: ((next: Calendar) => void) | null;
}) {
  return (
    <Field label={label}>
      {(input) => (
        <Input.TextArea
          {...input}
          rows={4}
          className="mono"
          disabled={onChange === null}
          value={(calendar[field] ?? []).join('\n')}
          onChange={({ target }) =>
            onChange?.({ ...calendar, [field]: target.value.split(/[\s,]+/).filter((date) => date !== '') })
          }
        />
      )}
    </Field>
  );
}

/** A date that differs from the pattern goes back to it; another one is turned round. */
function toggle(calendar: Calendar, date: string, isIn: boolean): Calendar {
  const out = calendar.datesOut ?? [];
  const inward = calendar.datesIn ?? [];
  if (out.includes(date)) return { ...calendar, datesOut: out.filter((one) => one !== date) };
  if (inward.includes(date)) return { ...calendar, datesIn: inward.filter((one) => one !== date) };
  return isIn ? { ...calendar, datesOut: [...out, date].sort() } : { ...calendar, datesIn: [...inward, date].sort() };
}
