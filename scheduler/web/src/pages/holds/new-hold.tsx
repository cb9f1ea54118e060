import { useQueryClient } from '@tanstack/react-query';
import { Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { useAsk } from '../../look/ask.tsx';
import { Field } from '../../look/field.tsx';
import { HOLD_SCOPES, type HoldScope, useNames } from './use-names.ts';

export function NewHold({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const [scope, setScope] = useState<HoldScope>('job');
  const [name, setName] = useState<string | null>(null);
  const [onResume, setOnResume] = useState<'all' | 'latest' | 'none'>('latest');
  const names = useNames(scope);
  const next = () => {
    onClose();
    ask({
      title: t('holds.askTitle', { name: name ?? t('holds.scope.cluster') }),
      body: <p>{t('holds.askHelp')}</p>,
      ok: t('holds.new'),
      needsReason: true,
      act: async (reason) => {
        await call('POST /holds', { body: { scope, onResume, reason, ...(name === null ? {} : { name }) } });
        void client.invalidateQueries();
      },
    });
  };
  return (
    <Modal
      open
      title={t('holds.new')}
      onCancel={onClose}
      onOk={next}
      okText={t('common.next')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: scope !== 'cluster' && name === null }}
    >
      <div className="stack">
        <Field label={t('holds.what')}>
          {(input) => (
            <Select
              {...input}
              value={scope}
              onChange={(value) => {
                setScope(value);
                setName(null);
              }}
              options={HOLD_SCOPES.map((value) => ({ value, label: t(`holds.scope.${value}`) }))}
            />
          )}
        </Field>
        {scope !== 'cluster' && (
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
        )}
        <Field label={t('holds.onResume')}>
          {(input) => (
            <Select
              {...input}
              value={onResume}
              onChange={setOnResume}
              options={(['latest', 'all', 'none'] as const).map((value) => ({ value, label: t(`onResume.${value}`) }))}
            />
          )}
        </Field>
      </div>
    </Modal>
  );
}
