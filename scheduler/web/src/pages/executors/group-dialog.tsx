import { Input, InputNumber, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { useMay } from '../../app/session.tsx';
import { Field } from '../../look/field.tsx';
import { SaveDialog } from '../../look/save-dialog.tsx';
import type { Group } from './group-list.tsx';

export function GroupDialog({ group, onClose }: { readonly group: Group | 'new'; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const isAdmin = useMay()('admin');
  const before = group === 'new' ? null : group;
  const [name, setName] = useState(before?.name ?? '');
  const [title, setTitle] = useState(before?.title ?? '');
  const [addressType, setAddressType] = useState(before?.addressType ?? 'auto');
  const [addresses, setAddresses] = useState((before?.addresses ?? []).join('\n'));
  const [runLimit, setRunLimit] = useState(before?.runLimit ?? 0);
  const save = async () => {
    const where = {
      addressType,
      ...(addressType === 'manual' ? { addresses: addresses.split(/\s+/).filter((one) => one !== '') } : {}),
    };
    // Where our token is sent is for administrators to say; what others change is not refused because of it.
    const settings = { title, runLimit, ...(isAdmin ? where : {}) };
    if (before === null) await call('POST /groups', { body: { name, ...settings } });
    else await call('PATCH /groups/:group', { params: { group: before.name }, body: settings });
  };
  return (
    <SaveDialog
      title={before === null ? t('groups.new') : before.name}
      isReady={name !== ''}
      save={save}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          {before === null && (
            <Field label={t('groups.name')} help={t('groups.nameHelp')} problem={wrong('name')}>
              {(input) => <Input {...input} value={name} onChange={({ target }) => setName(target.value)} />}
            </Field>
          )}
          <Field label={t('setting.title')} problem={wrong('title')}>
            {(input) => <Input {...input} value={title} onChange={({ target }) => setTitle(target.value)} />}
          </Field>
          {isAdmin && (
            <Field label={t('groups.how')} help={t(`addressType.${addressType}Help`)}>
              {({ id }) => (
                <span>
                  <Segmented
                    id={id}
                    value={addressType}
                    onChange={setAddressType}
                    options={(['auto', 'manual'] as const).map((value) => ({
                      value,
                      label: t(`addressType.${value}`),
                    }))}
                  />
                </span>
              )}
            </Field>
          )}
          {isAdmin && addressType === 'manual' && (
            <Field label={t('groups.addresses')} help={t('groups.addressesHelp')} problem={wrong('addresses')}>
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
          <Field label={t('groups.runLimit')} help={t('groups.runLimitHelp')} problem={wrong('runLimit')}>
            {(input) => <InputNumber {...input} min={0} value={runLimit} onChange={(next) => setRunLimit(next ?? 0)} />}
          </Field>
        </>
      )}
    </SaveDialog>
  );
}
