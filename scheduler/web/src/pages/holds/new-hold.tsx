import { Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { Field } from '../../look/field.tsx';
import { ReasonField } from '../../look/reason-field.tsx';
import { SaveDialog } from '../../look/save-dialog.tsx';
import { type Scope, type Target, TargetFields } from './target-fields.tsx';

const SCOPES = ['cluster', 'group', 'chain', 'job'] as const;

export function NewHold({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [target, setTarget] = useState<Target<Scope>>({ scope: 'job', name: null });
  const [onResume, setOnResume] = useState<'all' | 'latest' | 'none'>('latest');
  const [reason, setReason] = useState('');
  const { scope, name } = target;
  const hold = () =>
    call('POST /holds', { body: { scope, onResume, reason: reason.trim(), ...(name === null ? {} : { name }) } });
  return (
    <SaveDialog
      title={t('holds.new')}
      okText={t('holds.new')}
      isReady={(scope === 'cluster' || name !== null) && reason.trim() !== ''}
      save={hold}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          <p>{t('holds.askHelp')}</p>
          <TargetFields scopes={SCOPES} target={target} onChange={setTarget} problem={wrong('name')} />
          <Field label={t('holds.onResume')} help={t('holds.onResumeHelp')}>
            {(input) => (
              <Select
                {...input}
                value={onResume}
                onChange={setOnResume}
                options={(['latest', 'all', 'none'] as const).map((value) => ({
                  value,
                  label: t(`onResume.${value}`),
                }))}
              />
            )}
          </Field>
          <ReasonField value={reason} onChange={setReason} problem={wrong('reason')} />
        </>
      )}
    </SaveDialog>
  );
}
