import { useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/client.ts';
import type { Reply } from '../../api/read.ts';
import { Panel } from '../../look/parts.tsx';
import { Inert } from '../../look/values.tsx';
import { turnDay } from '../../pure/calendar-days.ts';
import { CalendarForm } from './calendar-form.tsx';
import { YearPanel } from './year-panel.tsx';

type CalendarView = Reply<'GET /calendars'>['items'][number];
export type Calendar = CalendarView['calendar'];

/** A calendar as a year of days and as the lists behind them; both change the same draft. */
export function ShownCalendar({ view, mayEdit }: { readonly view: CalendarView; readonly mayEdit: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [calendar, setCalendar] = useState<Calendar>(view.calendar);
  const [error, setError] = useState<unknown>(null);
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
      <YearPanel
        calendar={calendar}
        version={view.version}
        onTurn={mayEdit ? (date, isIn) => setCalendar(turnDay(calendar, date, isIn)) : null}
      />
      <div className="stack">
        <CalendarForm
          calendar={calendar}
          onChange={mayEdit ? setCalendar : null}
          isChanged={calendar !== view.calendar}
          error={error}
          onSave={save}
          onUndo={() => setCalendar(view.calendar)}
        />
        {view.usedBy.length > 0 && <UsedBy users={view.usedBy} />}
      </div>
    </div>
  );
}

function UsedBy({ users }: { readonly users: CalendarView['usedBy'] }) {
  const { t } = useTranslation();
  const pathOf = ({ kind, name }: CalendarView['usedBy'][number]): string =>
    kind === 'chain' ? `/chains/${encodeURIComponent(name)}` : `/jobs?search=${encodeURIComponent(name)}`;
  return (
    <Panel title={t('calendars.usedBy')}>
      <ul>
        {users.map((user) => (
          <li key={`${user.kind} ${user.name}`}>
            <Link to={pathOf(user)}>
              <Inert text={user.name} />
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
