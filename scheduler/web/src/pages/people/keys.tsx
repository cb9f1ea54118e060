import { useQueryClient } from '@tanstack/react-query';
import { Button, DatePicker, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { useAsk } from '../../look/ask.tsx';
import { Dialog } from '../../look/dialog.tsx';
import { Field } from '../../look/field.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Panel, ProblemNote } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';
import { Secret } from '../../look/secret.tsx';
import { State } from '../../look/state.tsx';
import { SwitchField } from '../../look/switch-field.tsx';
import { Ago, Inert, Instant } from '../../look/values.tsx';
import { type Grants, GrantsInput, GrantsText } from './grants-input.tsx';

export function Keys() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const [isNew, setIsNew] = useState(false);
  const keys = useRead('GET /keys');
  const revoke = (keyId: number, name: string) =>
    ask({
      title: t('keys.revokeTitle', { name }),
      ok: t('keys.revoke'),
      danger: true,
      act: async () => {
        await call('DELETE /keys/:keyId', { params: { keyId } });
        void client.invalidateQueries();
      },
    });
  return (
    <Panel
      title={t('people.keys')}
      flush
      actions={
        <Button type="primary" icon={<Icon name="plus" size={15} />} onClick={() => setIsNew(true)}>
          {t('keys.new')}
        </Button>
      }
    >
      <List
        caption={t('people.keys')}
        rows={keys.data?.items ?? []}
        rowKey={({ id }) => id}
        query={keys}
        empty={t('keys.none')}
        columns={[
          {
            key: 'name',
            title: t('enter.name'),
            lead: true,
            cell: ({ name, prefix }) => (
              <div className="title-cell">
                <strong>
                  <Inert text={name} />
                </strong>
                <code className="soft">{prefix}…</code>
              </div>
            ),
          },
          {
            key: 'state',
            title: t('runs.state'),
            cell: ({ revokedAtMs }) => <State state={revokedAtMs === null ? 'active' : 'disabled'} />,
          },
          {
            key: 'grants',
            title: t('people.rights'),
            cell: ({ isAdmin, grants }) => <GrantsText isAdmin={isAdmin} grants={grants} />,
          },
          { key: 'by', title: t('run.by'), cell: ({ createdBy }) => <Inert text={createdBy} /> },
          { key: 'used', title: t('keys.lastUsed'), cell: ({ lastUsedAtMs }) => <Ago atMs={lastUsedAtMs} /> },
          {
            key: 'ends',
            title: t('keys.ends'),
            cell: ({ expiresAtMs }) =>
              expiresAtMs === null ? t('keys.never') : <Instant atMs={expiresAtMs} style="day" />,
          },
          {
            key: 'do',
            title: '',
            cell: ({ id, name, revokedAtMs }) =>
              revokedAtMs === null && (
                <Button size="small" danger onClick={() => revoke(id, name)}>
                  {t('keys.revoke')}
                </Button>
              ),
          },
        ]}
      />
      {isNew && <KeyDialog onClose={() => setIsNew(false)} />}
    </Panel>
  );
}

function KeyDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [isAdmin, setIsAdmin] = useState(false);
  const [grants, setGrants] = useState<Grants>([]);
  const [expiresAtMs, setExpiresAtMs] = useState<number | null>(null);
  const [key, setKey] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const make = async () => {
    setError(null);
    try {
      setKey((await call('POST /keys', { body: { name, isAdmin, grants, expiresAtMs } })).key);
      void client.invalidateQueries();
    } catch (problem) {
      setError(problem);
    }
  };
  if (key !== null) {
    return (
      <Dialog title={t('keys.made', { name })} footer={null} onCancel={onClose}>
        <Secret text={key} help={t('secret.once')} />
      </Dialog>
    );
  }
  return (
    <Dialog
      width={620}
      title={t('keys.new')}
      onCancel={onClose}
      onOk={() => void make()}
      okText={t('keys.make')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: name === '' }}
    >
      <div className="stack">
        <Field label={t('enter.name')} help={t('keys.nameHelp')} problem={problemAt(error, 'name')}>
          {(input) => <Input {...input} maxLength={64} value={name} onChange={({ target }) => setName(target.value)} />}
        </Field>
        <SwitchField label={t('people.admin')} help={t('people.adminHelp')} checked={isAdmin} onChange={setIsAdmin} />
        {!isAdmin && (
          <div className="field">
            <span>{t('people.rights')}</span>
            <GrantsInput value={grants} onChange={setGrants} />
          </div>
        )}
        <Field label={t('keys.ends')} help={t('keys.endsHelp')} problem={problemAt(error, 'expiresAtMs')}>
          {(input) => (
            <DatePicker
              {...input}
              onChange={(day) => setExpiresAtMs(day === null ? null : day.endOf('day').valueOf())}
            />
          )}
        </Field>
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Dialog>
  );
}
