import { DatePicker, InputNumber } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, newRequestId } from '../../api/client.ts';
import { Field } from '../../look/field.tsx';
import { SaveDialog } from '../../look/save-dialog.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import { type Target, TargetFields } from './target-fields.tsx';

export function NewBackfill({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const requestId = useMemo(newRequestId, []);
  const [target, setTarget] = useState<Target<'job' | 'chain'>>({ scope: 'chain', name: null });
  const [range, setRange] = useState<readonly [string, string] | null>(null);
  const [parallel, setParallel] = useState(1);
  const [stopOnFailure, setStopOnFailure] = useState(true);
  const { scope, name } = target;
  const start = async () => {
    if (name === null || range === null) return;
    await call('POST /backfills', {
      body: {
        requestId,
        fromDate: range[0],
        toDate: range[1],
        parallel,
        stopOnFailure,
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
          <TargetFields scopes={['chain', 'job']} target={target} onChange={setTarget} problem={wrong(scope)} />
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
