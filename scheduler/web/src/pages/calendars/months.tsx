import { useTranslation } from 'react-i18next';
import { isDayIn } from '../../pure/calendar-days.ts';
import { inertLine } from '../../pure/inert-text.ts';
import { monthsOf } from '../../pure/months.ts';
import type { Calendar } from './shown-calendar.tsx';

export function Months({
  year,
  calendar,
  onToggle,
}: {
  readonly year: number;
  readonly calendar: Calendar;
  readonly onToggle: ((date: string, isIn: boolean) => void) | null;
}) {
  const { t, i18n } = useTranslation();
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
                  const isOut = !isDayIn(calendar, date);
                  const name = calendar.names?.[date];
                  const says = `${date}: ${isOut ? t('calendars.out') : t('calendars.in')}${name === undefined ? '' : `, ${inertLine(name)}`}`;
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
