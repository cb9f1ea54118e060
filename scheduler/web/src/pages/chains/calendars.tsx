import './calendars.css';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Input, Segmented, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { useMay } from '../../app/session.tsx';
import { Field } from '../../look/field.tsx';
import { Icon } from '../../look/icon.tsx';
import { Empty, Loaded, Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Inert, serverNow } from '../../look/values.tsx';
import { monthsOf } from '../../pure/months.ts';

type CalendarView = Reply<'GET /calendars'>['items'][number];
type Calendar = CalendarView['calendar'];
const WEEKDAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

export function Calendars() {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useSearch();
  const [isNew, setIsNew] = useState(false);
  const calendars = useRead('GET /calendars', {}, { topics: ['jobs'] });
  return (
    <Page
      title={t('nav.calendars')}
      actions={
        may('edit', '*') && (
          <Button type="primary" icon={<Icon name="plus" size={15} />} onClick={() => setIsNew(true)}>
            {t('calendars.new')}
          </Button>
        )
      }
    >
      <Loaded of={calendars}>
        {({ items }) => {
          const shown = items.find(({ calendar }) => calendar.name === get('name')) ?? items[0];
          return (
            <>
              {isNew && (
                <NewCalendar
                  onMade={(name) => {
                    setIsNew(false);
                    set({ name });
                  }}
                />
              )}
              {items.length > 1 && shown !== undefined && (
                <div>
                  <Segmented
                    aria-label={t('nav.calendars')}
                    value={shown.calendar.name}
                    options={items.map(({ calendar }) => calendar.name)}
                    onChange={(name) => set({ name })}
                  />
                </div>
              )}
              {shown === undefined ? (
                !isNew && (
                  <Panel>
                    <Empty>{t('calendars.none')}</Empty>
                  </Panel>
                )
              ) : (
                <Shown key={`${shown.calendar.name} ${shown.version}`} view={shown} mayEdit={may('edit', '*')} />
              )}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function NewCalendar({ onMade }: { readonly onMade: (name: string) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>(null);
  const make = async () => {
    try {
      await call('PUT /calendars/:calendar', { params: { calendar: name }, body: { calendar: { name } } });
      await client.invalidateQueries();
      onMade(name);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Panel title={t('calendars.new')}>
      <div className="row">
        <Input
          aria-label={t('calendars.name')}
          placeholder={t('calendars.name')}
          value={name}
          onChange={({ target }) => setName(target.value)}
          style={{ width: 260 }}
        />
        <Button type="primary" disabled={name === ''} onClick={() => void make()}>
          {t('common.save')}
        </Button>
      </div>
      {error !== null && <ProblemNote error={error} />}
    </Panel>
  );
}

function Shown({ view, mayEdit }: { readonly view: CalendarView; readonly mayEdit: boolean }) {
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

/** A date that differs from the pattern goes back to it; another one is turned round. */
function toggle(calendar: Calendar, date: string, isIn: boolean): Calendar {
  const out = calendar.datesOut ?? [];
  const inward = calendar.datesIn ?? [];
  if (out.includes(date)) return { ...calendar, datesOut: out.filter((one) => one !== date) };
  if (inward.includes(date)) return { ...calendar, datesIn: inward.filter((one) => one !== date) };
  return isIn ? { ...calendar, datesOut: [...out, date].sort() } : { ...calendar, datesIn: [...inward, date].sort() };
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

function Months({
  year,
  items,
  calendar,
  onToggle,
}: {
  readonly year: number;
  readonly items: readonly { readonly date: string; readonly isIn: boolean; readonly name: string | null }[];
  readonly calendar: Calendar;
  readonly onToggle: ((date: string, isIn: boolean) => void) | null;
}) {
  const { t, i18n } = useTranslation();
  const known = new Map(items.map((day) => [day.date, day]));
  const own = new Set([...(calendar.datesOut ?? []), ...(calendar.datesIn ?? [])]);
  const monthName = new Intl.DateTimeFormat(i18n.language === 'zh' ? 'zh-CN' : 'en-GB', {
    month: 'long',
    timeZone: 'UTC',
  });
  return (
    <div className="months">
      {monthsOf(year).map(({ month, lead, dates }) => (
        <table key={month} className="month">
          <caption>{monthName.format(Date.UTC(year, month, 1))}</caption>
          <thead>
            <tr>
              {[1, 2, 3, 4, 5, 6, 0].map((day) => (
                <th key={day} scope="col">
                  {t(`cron.day.${day}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeksOf(lead, dates).map((week) => (
              <tr key={week.find((date) => date !== null) ?? ''}>
                {week.map((date, n) => {
                  // biome-ignore lint/suspicious/noArrayIndexKey: places before the first of a month have no date
                  if (date === null) return <td key={n} />;
                  const day = known.get(date);
                  const isOut =
                    calendar.datesOut?.includes(date) === true ||
                    (calendar.datesIn?.includes(date) !== true && day?.isIn === false);
                  const says = `${date}: ${isOut ? t('calendars.out') : t('calendars.in')}${day?.name == null ? '' : `, ${day.name}`}`;
                  const look = `day ${isOut ? 'day-out' : 'day-in'} ${own.has(date) ? 'day-own' : ''}`;
                  return (
                    <td key={date}>
                      {onToggle === null ? (
                        <span className={look} title={says}>
                          {Number(date.slice(8))}
                        </span>
                      ) : (
                        <button
                          type="button"
                          className={look}
                          title={says}
                          aria-label={`${Number(date.slice(8))}, ${says}`}
                          onClick={() => onToggle(date, !isOut)}
                        >
                          {Number(date.slice(8))}
                        </button>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </div>
  );
}

function weeksOf(lead: number, dates: readonly string[]): (string | null)[][] {
  const all: (string | null)[] = [...Array.from({ length: lead }, () => null), ...dates];
  return Array.from({ length: Math.ceil(all.length / 7) }, (_, n) => all.slice(n * 7, n * 7 + 7));
}
