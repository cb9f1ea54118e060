import { DatePicker } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, type Reply } from '../../api/client.ts';
import { ParamInput } from '../../edit/param-input.tsx';
import { StartDialog } from '../../edit/start-dialog.tsx';
import { Field } from '../../look/field.tsx';
import { paramProblems } from '../../pure/param-fields.ts';
import { JobForecast } from './job-forecast.tsx';

/** Runs a job now, with its own parameter or another. */
export function RunNow({
  job,
  isHeld,
  onClose,
}: {
  readonly job: Pick<Reply<'GET /jobs/:jobId'>['job'], 'id' | 'name' | 'param' | 'paramFields'>;
  readonly isHeld: boolean;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const [param, setParam] = useState(job.param);
  const [date, setDate] = useState('');
  const params = { jobId: job.id };
  return (
    <StartDialog
      title={t('runNow.title', { name: job.name })}
      startText={t('runNow.start')}
      isHeld={isHeld}
      order={{
        ...(param === job.param ? {} : { param }),
        ...(date === '' ? {} : { businessDate: date }),
      }}
      start={async (body) => `/runs/${(await call('POST /jobs/:jobId/run', { params, body })).runId}`}
      dryRun={(body) => call('POST /jobs/:jobId/dry-run', { params, body })}
      showForecast={(forecast) => <JobForecast forecast={forecast} />}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          <ParamInput
            label={t('run.param')}
            help={t('settingHelp.param')}
            fields={job.paramFields}
            text={param}
            onChange={setParam}
            problems={paramProblems('param', job.paramFields, wrong)}
          />
          <Field label={t('runs.date')} help={t('runNow.dateHelp')} problem={wrong('businessDate')}>
            {(input) => (
              <DatePicker
                {...input}
                value={date === '' ? null : dayjs(date)}
                onChange={(day) => setDate(day === null ? '' : day.format('YYYY-MM-DD'))}
              />
            )}
          </Field>
        </>
      )}
    </StartDialog>
  );
}
