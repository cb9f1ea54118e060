import { DatePicker, Select } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, type Reply } from '../../api/client.ts';
import { ParamInput } from '../../edit/param-input.tsx';
import { StartDialog } from '../../edit/start-dialog.tsx';
import { Field } from '../../look/field.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import { serverNow } from '../../look/values.tsx';
import { chainParams, paramProblems } from '../../pure/param-fields.ts';
import { ChainForecast } from './chain-forecast.tsx';

/** Today where the chain lives: at the desk of whoever starts it, it may be another day. */
function todayOf({ businessDate, schedule }: Reply<'GET /chains/:chain'>['chain']): string {
  const zone = businessDate?.zone ?? (schedule.kind === 'cron' ? schedule.zone : undefined);
  // The Swedish way to write a date is that of ISO 8601.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(serverNow());
}

/** Starts a chain for a business date: whole, from a node on, or what an earlier run of it left undone. */
export function StartChain({
  view,
  onClose,
}: {
  readonly view: Reply<'GET /chains/:chain'>;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const [date, setDate] = useState(() => todayOf(view.chain));
  const [fromNode, setFromNode] = useState<string | null>(null);
  const [isRerun, setIsRerun] = useState(false);
  const [text, setText] = useState('');
  const [ofJobs, setOfJobs] = useState<Readonly<Record<string, string>>>({});
  const fielded = view.nodes.filter(({ paramFields }) => paramFields !== null);
  const last = view.lastRun;
  const goesOn = isRerun && last !== null;
  const params = { chain: view.chain.name };
  return (
    <StartDialog
      title={t('chain.startTitle', { name: view.chain.name })}
      startText={t('chain.start')}
      isHeld={view.heldBecause !== null}
      order={{
        businessDate: goesOn ? last.businessDate : date,
        ...(fromNode === null ? {} : { fromNode }),
        ...(goesOn ? { rerunOf: last.id } : {}),
        ...chainParams(fielded, ofJobs, text),
      }}
      start={async (body) => `/?chainRun=${(await call('POST /chains/:chain/start', { params, body })).chainRunId}`}
      dryRun={(body) => call('POST /chains/:chain/dry-run', { params, body })}
      showForecast={(forecast) => <ChainForecast forecast={forecast} />}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          {last !== null && last.endedAtMs !== null && (
            <SwitchField
              label={t('chain.rerun', { date: last.businessDate, id: last.id })}
              help={t('chain.rerunHelp')}
              checked={isRerun}
              onChange={setIsRerun}
            />
          )}
          {!isRerun && (
            <Field label={t('runs.date')}>
              {({ id }) => (
                <DatePicker
                  id={id}
                  allowClear={false}
                  value={dayjs(date)}
                  onChange={(day) => day !== null && setDate(day.format('YYYY-MM-DD'))}
                />
              )}
            </Field>
          )}
          <Field label={t('chain.fromNode')} help={t('chain.fromNodeHelp')}>
            {(input) => (
              <Select
                {...input}
                allowClear
                showSearch
                value={fromNode}
                onChange={(next) => setFromNode(next ?? null)}
                options={view.nodes.map(({ job }) => ({ value: job, label: job }))}
              />
            )}
          </Field>
          {fielded.map(({ job, param, paramFields }) => (
            <ParamInput
              key={job}
              label={t('chain.paramOf', { job })}
              fields={paramFields}
              text={ofJobs[job] ?? param}
              onChange={(next) => setOfJobs((now) => ({ ...now, [job]: next }))}
              problems={paramProblems('params', paramFields, (path) => wrong(path, job))}
            />
          ))}
          <ParamInput
            label={t('run.param')}
            help={t(fielded.length === 0 ? 'chain.paramHelp' : 'chain.paramOfOthersHelp')}
            fields={null}
            text={text}
            onChange={setText}
            problems={new Map()}
          />
        </>
      )}
    </StartDialog>
  );
}
