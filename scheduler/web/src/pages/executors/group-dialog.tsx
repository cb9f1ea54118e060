import { useQueryClient } from '@tanstack/react-query';
import { Input, InputNumber, Modal, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { Field } from '../../look/field.tsx';
import { ProblemNote } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';
import type { Group } from './group-list.tsx';

export function GroupDialog({ group, onClose }: { readonly group: Group | 'new'; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const before = group === 'new' ? null : group;
  const [name, setName] = useState(before?.name ?? '');
  const [title, setTitle] = useState(before?.title ?? '');
  const [addressType, setAddressType] = useState(before?.addressType ?? 'auto');
  const [addresses, setAddresses] = useState((before?.addresses ?? []).join('\n'));
  const [runLimit, setRunLimit] = useState(before?.runLimit ?? 0);
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setError(null);
    const settings = {
      title,
      addressType,
      runLimit,
      ...(addressType === 'manual' ? { addresses: addresses.split(/\s+/).filter((one) => one !== '') } : {}),
    };
    try {
      if (before === null) await call('POST /groups', { body: { name, ...settings } });
      else await call('PATCH /groups/:group', { params: { group: before.name }, body: settings });
      void client.invalidateQueries();
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Modal
      open
      title={before === null ? t('groups.new') : before.name}
      onCancel={onClose}
      onOk={() => void save()}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: name === '' }}
    >
      <div className="stack">
        {before === null && (
          <Field label={t('groups.name')} help={t('groups.nameHelp')} problem={problemAt(error, 'name')}>
            {(input) => <Input {...input} value={name} onChange={({ target }) => setName(target.value)} />}
          </Field>
        )}
        <Field label={t('setting.title')} problem={problemAt(error, 'title')}>
          {(input) => <Input {...input} value={title} onChange={({ target }) => setTitle(target.value)} />}
        </Field>
        <Field label={t('groups.how')} help={t(`addressType.${addressType}Help`)}>
          {({ id }) => (
            <span>
              <Segmented
                id={id}
                value={addressType}
                onChange={setAddressType}
                options={(['auto', 'manual'] as const).map((value) => ({ value, label: t(`addressType.${value}`) }))}
              />
            </span>
          )}
        </Field>
        {addressType === 'manual' && (
          <Field label={t('groups.addresses')} help={t('groups.addressesHelp')} problem={problemAt(error, 'addresses')}>
            {(input) => (
              <Input.TextArea
                {...input}
                rows={4}
                className="mono"
                value={addresses}
                onChange={({ target }) => setAddresses(target.value)}
              />
            )}
          </Field>
        )}
        <Field label={t('groups.runLimit')} help={t('groups.runLimitHelp')} problem={problemAt(error, 'runLimit')}>
          {(input) => <InputNumber {...input} min={0} value={runLimit} onChange={(next) => setRunLimit(next ?? 0)} />}
        </Field>
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Modal>
  );
}
