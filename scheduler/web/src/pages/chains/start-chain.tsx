import { Button, DatePicker, Input, Modal, Select, Switch } from 'antd';
import dayjs from 'dayjs';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { call, newRequestId } from '../../api/client.ts';
import type { Reply } from '../../api/read.ts';
import { Field } from '../../look/field.tsx';
import { ProblemNote } from '../../look/parts.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import { serverNow } from '../../look/values.tsx';
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
  const navigate = useNavigate();
  const requestId = useMemo(newRequestId, []);
  const [date, setDate] = useState(() => todayOf(view.chain));
  const [fromNode, setFromNode] = useState<string | null>(null);
  const [isRerun, setIsRerun] = useState(false);
  const [despiteHold, setDespiteHold] = useState(false);
  const [params, setParams] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const last = view.lastRun;
  const [forecast, setForecast] = useState<Reply<'POST /chains/:chain/dry-run'> | null>(null);
  const order = {
    businessDate: isRerun && last !== null ? last.businessDate : date,
    ...(fromNode === null ? {} : { fromNode }),
    ...(isRerun && last !== null ? { rerunOf: last.id } : {}),
    ...(params === '' ? {} : { params }),
  };
  const dryRun = async () => {
    setIsBusy(true);
    setError(null);
    try {
      setForecast(await call('POST /chains/:chain/dry-run', { params: { chain: view.chain.name }, body: order }));
    } catch (problem) {
      setForecast(null);
      setError(problem);
    } finally {
      setIsBusy(false);
    }
  };
  const start = async () => {
    setIsBusy(true);
    setError(null);
    try {
      const { chainRunId } = await call('POST /chains/:chain/start', {
        params: { chain: view.chain.name },
        body: { requestId, ...order, ...(despiteHold ? { despiteHold } : {}) },
      });
      void navigate(`/?chainRun=${chainRunId}`);
    } catch (problem) {
      setError(problem);
      setIsBusy(false);
    }
  };
  return (
    <Modal
      open
      title={t('chain.startTitle', { name: view.chain.name })}
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
          {t('chain.start')}
        </Button>,
      ]}
    >
      <div className="stack">
        {last !== null && last.endedAtMs !== null && (
          <Field label={t('chain.rerun', { date: last.businessDate, id: last.id })} help={t('chain.rerunHelp')}>
            {({ id }) => (
              <span>
                <Switch id={id} checked={isRerun} onChange={setIsRerun} />
              </span>
            )}
          </Field>
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
              value={fromNode}
              onChange={(next) => setFromNode(next ?? null)}
              options={view.nodes.map(({ job }) => ({ value: job, label: job }))}
            />
          )}
        </Field>
        <Field label={t('run.param')} help={t('chain.paramHelp')}>
          {(input) => (
            <Input.TextArea
              {...input}
              rows={2}
              className="mono"
              value={params}
              onChange={({ target }) => setParams(target.value)}
            />
          )}
        </Field>
        {view.heldBecause !== null && (
          <SwitchField label={t('runNow.despiteHold')} checked={despiteHold} onChange={setDespiteHold} />
        )}
        {error !== null && <ProblemNote error={error} />}
        {forecast !== null && <ChainForecast forecast={forecast} />}
      </div>
    </Modal>
  );
}
