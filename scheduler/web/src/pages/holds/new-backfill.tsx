import { DatePicker, InputNumber } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, newRequestId } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { ParamInput } from '../../edit/param-input.tsx';
import { Field } from '../../look/field.tsx';
import { SaveDialog } from '../../look/save-dialog.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import { paramProblems } from '../../pure/param-fields.ts';
import { type Target, TargetFields } from './target-fields.tsx';

export function NewBackfill({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const requestId = useMemo(newRequestId, []);
  const [target, setTarget] = useState<Target<'job' | 'chain'>>({ scope: 'chain', name: null });
  const [range, setRange] = useState<readonly [string, string] | null>(null);
  const [parallel, setParallel] = useState(1);
  const [stopOnFailure, setStopOnFailure] = useState(true);
  const { scope, name } = target;
  const [param, setParam] = useState<string | null>(null);
  const job = useJobNamed(scope === 'job' ? name : null);
  const retarget = (next: Target<'job' | 'chain'>) => {
    setTarget(next);
    // It was written for another.
    setParam(null);
  };
  const start = async () => {
    if (name === null || range === null) return;
    await call('POST /backfills', {
      body: {
        requestId,
        fromDate: range[0],
        toDate: range[1],
        parallel,
        stopOnFailure,
        ...(param === null ? {} : { param }),
        ...(scope === 'job' ? { job: name } : { chain: name }),
      },
    });
  };
  return (
    <SaveDialog
      title={t('backfill.new')}
      okText={t('backfill.start')}
      isReady={name !== null && range !== null}
      save={start}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          <TargetFields scopes={['chain', 'job']} target={target} onChange={retarget} problem={wrong(scope)} />
          <Field
            label={t('backfill.range')}
            help={t('backfill.rangeHelp')}
            problem={wrong('fromDate') ?? wrong('toDate')}
          >
            {(input) => (
              <DatePicker.RangePicker
                {...input}
                aria-label={t('backfill.range')}
                onChange={(days) =>
                  setRange(
                    days?.[0] == null || days[1] == null
                      ? null
                      : [days[0].format('YYYY-MM-DD'), days[1].format('YYYY-MM-DD')],
                  )
                }
              />
            )}
          </Field>
          <ParamInput
            key={job?.id ?? scope}
            label={t('run.param')}
            help={t(scope === 'chain' ? 'chain.paramHelp' : 'settingHelp.param')}
            fields={job?.paramFields}
            text={param ?? job?.param ?? ''}
            onChange={(next) => setParam(next === (job?.param ?? '') ? null : next)}
            problems={paramProblems('param', job?.paramFields, wrong)}
          />
          <Field label={t('backfill.parallel')} problem={wrong('parallel')}>
            {(input) => (
              <InputNumber {...input} min={1} max={100} value={parallel} onChange={(next) => setParallel(next ?? 1)} />
            )}
          </Field>
          <SwitchField label={t('backfill.stopOnFailure')} checked={stopOnFailure} onChange={setStopOnFailure} />
        </>
      )}
    </SaveDialog>
  );
}

/** The job of a name, once it is known: lists are found by parts of names, one at a time by its id. */
function useJobNamed(name: string | null) {
  const lines = useRead('GET /jobs', { query: { name: name ?? '', limit: 100 } }, { enabled: name !== null });
  const id = name === null ? undefined : lines.data?.items.find((line) => line.name === name)?.id;
  const view = useRead('GET /jobs/:jobId', { params: { jobId: id ?? 0 } }, { enabled: id !== undefined });
  return id === undefined ? undefined : view.data?.job;
}
