import { DatePicker, Input, Modal, Switch } from 'antd';
import dayjs from 'dayjs';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { call, newRequestId } from '../../api/client.ts';
import { Field } from '../../look/field.tsx';
import { ProblemNote } from '../../look/parts.tsx';

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
  const [dryRun, setDryRun] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const start = async () => {
    setIsBusy(true);
    setError(null);
    try {
      const { runId } = await call('POST /jobs/:jobId/run', {
        params: { jobId },
        body: {
          requestId,
          ...(param === given ? {} : { param }),
          ...(date === '' ? {} : { businessDate: date }),
          ...(despiteHold ? { despiteHold } : {}),
          ...(dryRun ? { dryRun } : {}),
        },
      });
      void navigate(`/runs/${runId}`);
    } catch (problem) {
      setError(problem);
      setIsBusy(false);
    }
  };
  return (
    <Modal
      open
      title={t('runNow.title', { name })}
      onCancel={onClose}
      onOk={() => void start()}
      okText={t('runNow.start')}
      cancelText={t('common.cancel')}
      confirmLoading={isBusy}
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
        {isHeld && (
          <Field label={t('runNow.despiteHold')}>
            {({ id }) => (
              <span>
                <Switch id={id} checked={despiteHold} onChange={setDespiteHold} />
              </span>
            )}
          </Field>
        )}
        <Field label={t('runNow.dryRun')} help={t('runNow.dryRunHelp')}>
          {({ id }) => (
            <span>
              <Switch id={id} checked={dryRun} onChange={setDryRun} />
            </span>
          )}
        </Field>
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Modal>
  );
}
