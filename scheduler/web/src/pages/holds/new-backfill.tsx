import { DatePicker, InputNumber, Select } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, newRequestId } from '../../api/client.ts';
import { Field } from '../../look/field.tsx';
import { SaveDialog } from '../../look/save-dialog.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import { useNames } from './use-names.ts';

export function NewBackfill({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const requestId = useMemo(newRequestId, []);
  const [kind, setKind] = useState<'job' | 'chain'>('chain');
  const [name, setName] = useState<string | null>(null);
  const [range, setRange] = useState<readonly [string, string] | null>(null);
  const [parallel, setParallel] = useState(1);
  const [stopOnFailure, setStopOnFailure] = useState(true);
  const names = useNames(kind);
  const start = async () => {
    if (name === null || range === null) return;
    await call('POST /backfills', {
      body: {
        requestId,
        fromDate: range[0],
        toDate: range[1],
        parallel,
        stopOnFailure,
        ...(kind === 'job' ? { job: name } : { chain: name }),
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
      {() => (
        <>
          <Field label={t('holds.what')}>
            {(input) => (
              <Select
                {...input}
                value={kind}
                onChange={(value) => {
                  setKind(value);
                  setName(null);
                }}
                options={(['chain', 'job'] as const).map((value) => ({ value, label: t(`holds.scope.${value}`) }))}
              />
            )}
          </Field>
          <Field label={t('enter.name')}>
            {(input) => (
              <Select
                {...input}
                showSearch
                value={name}
                onChange={setName}
                options={names.map((value) => ({ value, label: value }))}
              />
            )}
          </Field>
          <Field label={t('backfill.range')} help={t('backfill.rangeHelp')}>
            {({ id }) => (
              <DatePicker.RangePicker
                id={id}
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
          <Field label={t('backfill.parallel')}>
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
