import { Input, Segmented, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../api/read.ts';
import { useLanguage } from '../app/preferences.ts';
import { Field } from '../look/field.tsx';
import { ProblemNote } from '../look/parts.tsx';
import {
  changeDialect,
  type Dialect,
  FIELDS,
  type FieldName,
  joinCron,
  listedValues,
  rangeOf,
  setField,
  splitCron,
  toggleValue,
} from '../pure/cron-fields.ts';
import { Fires } from './fires.tsx';

export interface CronSchedule {
  readonly kind: 'cron';
  readonly dialect: Dialect;
  readonly text: string;
  readonly zone: string;
}

const PAUSE_MS = 350;
/** Fields of more values than this are typed, not picked. */
const CHIPS_MAX = 60;

/** A cron text by its fields or as text; what it says and when it fires comes from the API, so the two cannot differ. */
export function CronEditor({
  value,
  onChange,
  problem,
}: {
  readonly value: CronSchedule;
  readonly onChange: (next: CronSchedule) => void;
  readonly problem: string | null;
}) {
  const { t } = useTranslation();
  const language = useLanguage();
  const [on, setOn] = useState<FieldName>('hour');
  const [asked, setAsked] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  const zones = useRead('GET /zones');
  const { text, dialect, zone } = asked;
  const preview = useRead('GET /cron/preview', { query: { text, dialect, zone, n: 10 } }, { enabled: text !== '' });
  const fields = splitCron(value.text, value.dialect);
  // Nothing is asked of an empty text, and what was said of the one before it is not about this one.
  const said = text === '' ? undefined : preview.data;
  const wrong = said?.problem == null ? problem : said.problem.message;
  return (
    <div className="cron">
      <div className="settings">
        <Field label={t('cron.dialect')} help={t(`cron.dialectHelp.${value.dialect}`)}>
          {({ id }) => (
            <span>
              <Segmented
                id={id}
                value={value.dialect}
                options={[
                  { value: 'quartz', label: 'Quartz' },
                  { value: 'unix', label: 'unix' },
                ]}
                onChange={(next) =>
                  onChange({
                    ...value,
                    dialect: next as Dialect,
                    text: changeDialect(value.text, value.dialect, next as Dialect),
                  })
                }
              />
            </span>
          )}
        </Field>
        <Field label={t('cron.text')} problem={wrong}>
          {(input) => (
            <Input
              {...input}
              className="mono"
              value={value.text}
              maxLength={200}
              onChange={({ target }) => onChange({ ...value, text: target.value })}
            />
          )}
        </Field>
        <Field label={t('cron.zone')} help={t('cron.zoneHelp')}>
          {(input) => (
            <Select
              {...input}
              showSearch
              value={value.zone}
              onChange={(next) => onChange({ ...value, zone: next })}
              options={(zones.data?.items ?? [value.zone]).map((name) => ({ value: name, label: name }))}
            />
          )}
        </Field>
      </div>
      {fields !== null && (
        <>
          <div className="cron-fields">
            {FIELDS[value.dialect].map((name) => (
              <div key={name} className={`cron-field ${name === on ? 'is-on' : ''}`}>
                <label htmlFor={`cron-${name}`}>{t(`cron.field.${name}`)}</label>
                <Input
                  id={`cron-${name}`}
                  value={fields[name] ?? ''}
                  onFocus={() => setOn(name)}
                  onChange={({ target }) =>
                    onChange({
                      ...value,
                      text: joinCron(setField(fields, value.dialect, name, target.value), value.dialect),
                    })
                  }
                />
              </div>
            ))}
          </div>
          {FIELDS[value.dialect].includes(on) && (
            <Choices
              name={on}
              dialect={value.dialect}
              value={fields[on] ?? ''}
              onChange={(next) =>
                onChange({ ...value, text: joinCron(setField(fields, value.dialect, on, next), value.dialect) })
              }
            />
          )}
        </>
      )}
      {preview.error !== null && <ProblemNote error={preview.error} />}
      {said?.text != null && (
        <div className="stack tight" aria-live="polite">
          <p className="cron-says">{said.text[language]}</p>
          <Fires items={said.items} />
        </div>
      )}
    </div>
  );
}

/** Ready-made values of one field: all, every n-th, single ones, and what only days can be. */
function Choices({
  name,
  dialect,
  value,
  onChange,
}: {
  readonly name: FieldName;
  readonly dialect: Dialect;
  readonly value: string;
  readonly onChange: (next: string) => void;
}) {
  const { t } = useTranslation();
  const [from, to] = rangeOf(name, dialect);
  const count = to - from + 1;
  const listed = listedValues(value);
  const steps = [5, 10, 15, 20, 30].filter((step) => step < count && ['second', 'minute'].includes(name));
  const hourSteps = name === 'hour' ? [2, 3, 4, 6, 8, 12] : [];
  const ready: readonly (readonly [string, string])[] = [
    ...(name === 'year' ? [['', t('cron.anyYear')] as const] : [['*', t('cron.each')] as const]),
    ...(dialect === 'quartz' && (name === 'day' || name === 'weekday') ? [['?', t('cron.notGiven')] as const] : []),
    ...[...steps, ...hourSteps].map(
      (step) => [dialect === 'quartz' ? `0/${step}` : `*/${step}`, t('cron.every', { step })] as const,
    ),
    ...(name === 'weekday'
      ? ([
          ['MON-FRI', t('cron.workdays')],
          ['SAT,SUN', t('cron.weekend')],
          ...(dialect === 'quartz'
            ? [['6L', t('cron.lastFriday')] as const, ['2#1', t('cron.firstMonday')] as const]
            : []),
        ] as const)
      : []),
    ...(name === 'day' && dialect === 'quartz'
      ? ([
          ['1', t('cron.firstDay')],
          ['L', t('cron.lastDay')],
          ['LW', t('cron.lastWorkday')],
          ['1W', t('cron.firstWorkday')],
          ['L-2', t('cron.beforeLast')],
        ] as const)
      : []),
  ];
  const label = (n: number): string =>
    name === 'weekday' ? t(`cron.day.${(dialect === 'quartz' ? n + 6 : n) % 7}`) : String(n);
  return (
    <fieldset className="cron-choices" aria-label={t(`cron.field.${name}`)}>
      <div className="chips">
        {ready.map(([text, said]) => (
          <button key={text} type="button" aria-pressed={value === text} onClick={() => onChange(text)}>
            {said} {text !== '' && <code>{text}</code>}
          </button>
        ))}
      </div>
      {count <= CHIPS_MAX && (
        <div className="chips">
          {Array.from({ length: count }, (_, n) => from + n).map((n) => (
            <button
              key={n}
              type="button"
              aria-pressed={listed?.includes(n) === true}
              onClick={() => onChange(toggleValue(value, n))}
            >
              {label(n)}
            </button>
          ))}
        </div>
      )}
      <span className="small soft">{t('cron.typeHelp')}</span>
    </fieldset>
  );
}
