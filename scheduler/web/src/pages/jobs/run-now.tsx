import { Button, DatePicker, Input, Modal } from 'antd';
import dayjs from 'dayjs';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { call, newRequestId, type Reply } from '../../api/client.ts';
import { Field } from '../../look/field.tsx';
import { ProblemNote } from '../../look/parts.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import { JobForecast } from './job-forecast.tsx';

/** Runs a job now. A dialog is one request, however often its button is pressed. */
export function RunNow({
  jobId,
  name,
  param: given,
  isHeld,
  onClose,
}: {
  readonly jobId: number;
  readonly name: string;
  readonly param: string;
  readonly isHeld: boolean;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const requestId = useMemo(newRequestId, []);
  const [param, setParam] = useState(given);
  const [date, setDate] = useState('');
  const [despiteHold, setDespiteHold] = useState(false);
  const [forecast, setForecast] = useState<Reply<'POST /jobs/:jobId/dry-run'> | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const order = {
    ...(param === given ? {} : { param }),
    ...(date === '' ? {} : { businessDate: date }),
  };
  const start = async () => {
    setIsBusy(true);
    setError(null);
    try {
      const { runId } = await call('POST /jobs/:jobId/run', {
        params: { jobId },
        body: {
          requestId,
          ...order,
          ...(despiteHold ? { despiteHold } : {}),
        },
      });
      void navigate(`/runs/${runId}`);
    } catch (problem) {
      setError(problem);
      setIsBusy(false);
    }
  };
  const dryRun = async () => {
    setIsBusy(true);
    setError(null);
    try {
      setForecast(await call('POST /jobs/:jobId/dry-run', { params: { jobId }, body: order }));
    } catch (problem) {
      setForecast(null);
      setError(problem);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <Modal
      open
      title={t('runNow.title', { name })}
      onCancel={onClose}
      width={forecast === null ? 520 : 860}
      footer={[
        <Button key="no" onClick={onClose}>
          {t('common.cancel')}
        </Button>,
        <Button key="dry" loading={isBusy} onClick={() => void dryRun()}>
          {t('dryRun.do')}
        </Button>,
        <Button key="yes" type="primary" loading={isBusy} onClick={() => void start()}>
          {t('runNow.start')}
        </Button>,
      ]}
    >
      <div className="stack">
        <Field label={t('run.param')} help={t('settingHelp.param')}>
          {(input) => (
            <Input.TextArea
              {...input}
              rows={4}
              className="mono"
              value={param}
              onChange={({ target }) => setParam(target.value)}
            />
          )}
        </Field>
        <Field label={t('runs.date')} help={t('runNow.dateHelp')}>
          {({ id }) => (
            <DatePicker
              id={id}
              value={date === '' ? null : dayjs(date)}
              onChange={(day) => setDate(day === null ? '' : day.format('YYYY-MM-DD'))}
            />
          )}
        </Field>
        {isHeld && <SwitchField label={t('runNow.despiteHold')} checked={despiteHold} onChange={setDespiteHold} />}
        {error !== null && <ProblemNote error={error} />}
        {forecast !== null && <JobForecast forecast={forecast} />}
      </div>
    </Modal>
  );
}
