import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/read.ts';
import { Loaded, Panel } from '../../look/parts.tsx';
import { Inert, serverNow } from '../../look/values.tsx';
import { Months } from './months.tsx';
import type { Calendar } from './shown-calendar.tsx';

/** The days of one year, in or out; a click turns one round. */
export function YearPanel({
  calendar,
  version,
  onTurn,
}: {
  readonly calendar: Calendar;
  readonly version: number;
  readonly onTurn: ((date: string, isIn: boolean) => void) | null;
}) {
  const { t } = useTranslation();
  const [year, setYear] = useState(() => new Date(serverNow()).getUTCFullYear());
  const days = useRead('GET /calendars/:calendar/days', {
    params: { calendar: calendar.name },
    query: { from: `${year}-01-01`, to: `${year}-12-31` },
  });
  return (
    <Panel
      title={<Inert text={calendar.name} />}
      lead={<span className="soft small">{t('versions.name', { version })}</span>}
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
        {({ unknownYears }) => (
          <div className="stack">
            {unknownYears.includes(year) && <p className="note tone-warn">{t('calendars.unknown', { year })}</p>}
            <Months year={year} calendar={calendar} onToggle={onTurn} />
            <ul className="day-legend">
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
  );
}
