import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, InputNumber, Modal, Segmented, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { useMay } from '../../app/session.tsx';
import { useAsk } from '../../look/ask.tsx';
import { Field } from '../../look/field.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';
import { Secret } from '../../look/secret.tsx';
import { State } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Ago, Inert } from '../../look/values.tsx';

type Group = Reply<'GET /groups'>['items'][number];
type Executor = Reply<'GET /executors'>['items'][number];

export function Executors() {
  const { t } = useTranslation();
  const may = useMay();
  const [editing, setEditing] = useState<Group | 'new' | null>(null);
  const [joining, setJoining] = useState<string | null>(null);
  return (
    <Page
      title={t('nav.executors')}
      actions={
        may('edit', '*') && (
          <Button type="primary" icon={<Icon name="plus" size={15} />} onClick={() => setEditing('new')}>
            {t('groups.new')}
          </Button>
        )
      }
    >
      <Groups onEdit={setEditing} onJoin={setJoining} />
      <ExecutorList />
      {editing !== null && <GroupDialog group={editing} onClose={() => setEditing(null)} />}
      {joining !== null && <JoinDialog group={joining} onClose={() => setJoining(null)} />}
    </Page>
  );
}

function Groups({
  onEdit,
  onJoin,
}: {
  readonly onEdit: (group: Group) => void;
  readonly onJoin: (group: string) => void;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const groups = useRead('GET /groups', {}, { topics: ['executors'] });
  return (
    <Panel title={t('groups.title')} flush>
      <List
        caption={t('groups.title')}
        rows={groups.data?.items ?? []}
        rowKey={({ name }) => name}
        query={groups}
        empty={t('groups.none')}
        columns={[
          {
            key: 'name',
            title: t('runs.group'),
            lead: true,
            cell: ({ name, title }) => (
              <div className="title-cell">
                <strong>
                  <Inert text={name} />
                </strong>
                {title !== '' && <Inert text={title} className="small soft" />}
              </div>
            ),
          },
          {
            key: 'executors',
            title: t('nav.executors'),
            cell: ({ executors }) => (
              <span className="row tight">
                {(['alive', 'draining', 'silent', 'gone'] as const).map((state) =>
                  executors[state] === 0 ? null : (
                    <span key={state} className="row tight">
                      {executors[state]} <State state={state} />
                    </span>
                  ),
                )}
              </span>
            ),
          },
          {
            key: 'jobs',
            title: t('nav.jobs'),
            align: 'num',
            cell: ({ name, jobs }) => <Link to={`/jobs?group=${encodeURIComponent(name)}`}>{jobs}</Link>,
          },
          {
            key: 'runs',
            title: t('groups.runs'),
            align: 'num',
            cell: ({ name, openRuns, runLimit }) => (
              <Link to={`/runs?group=${encodeURIComponent(name)}&state=open`}>
                {openRuns} / {runLimit === 0 ? '∞' : runLimit}
              </Link>
            ),
          },
          {
            key: 'how',
            title: t('groups.how'),
            cell: ({ addressType, hasOwnToken }) =>
              `${t(`addressType.${addressType}`)}${hasOwnToken ? ` · ${t('groups.ownToken')}` : ''}`,
          },
          { key: 'held', title: t('runs.state'), cell: ({ isHeld }) => <State state={isHeld ? 'held' : 'active'} /> },
          {
            key: 'do',
            title: '',
            cell: (group) => (
              <span className="row tight">
                {may('edit', group.name) && (
                  <>
                    <Button size="small" onClick={() => onJoin(group.name)}>
                      {t('groups.join')}
                    </Button>
                    <Button size="small" onClick={() => onEdit(group)}>
                      {t('job.edit')}
                    </Button>
                  </>
                )}
                {may('admin') && <TokenButton group={group.name} />}
              </span>
            ),
          },
        ]}
      />
    </Panel>
  );
}

function TokenButton({ group }: { readonly group: string }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const [token, setToken] = useState<string | null>(null);
  return (
    <>
      <Button
        size="small"
        onClick={() =>
          ask({
            title: t('groups.tokenTitle', { group }),
            body: <p>{t('groups.tokenHelp')}</p>,
            ok: t('groups.token'),
            act: async () => setToken((await call('POST /groups/:group/token', { params: { group }, body: {} })).token),
          })
        }
      >
        {t('groups.token')}
      </Button>
      <Modal
        open={token !== null}
        title={t('groups.tokenTitle', { group })}
        footer={null}
        onCancel={() => setToken(null)}
      >
        {token !== null && <Secret text={token} help={t('secret.once')} />}
      </Modal>
    </>
  );
}

function ExecutorList() {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const withGone = get('gone') === 'true';
  const query = { ...(withGone ? { gone: true } : {}), ...(get('group') === '' ? {} : { group: get('group') }) };
  const executors = useRead('GET /executors', { query }, { topics: ['executors'] });
  return (
    <Panel
      title={t('nav.executors')}
      flush
      actions={
        <span className="row tight">
          <Switch
            size="small"
            checked={withGone}
            onChange={(on) => set({ gone: on ? 'true' : null })}
            aria-label={t('executors.withGone')}
          />
          <span className="small">{t('executors.withGone')}</span>
        </span>
      }
    >
      <List
        caption={t('nav.executors')}
        rows={executors.data?.items ?? []}
        rowKey={({ id }) => id}
        query={executors}
        empty={t('executors.none')}
        columns={[
          {
            key: 'address',
            title: t('executors.address'),
            lead: true,
            cell: ({ id, address }) => (
              <Link to={`/executors/${id}`}>
                <Inert text={address} />
              </Link>
            ),
          },
          {
            key: 'state',
            title: t('runs.state'),
            cell: ({ state, isDrained }) => <State state={isDrained && state === 'alive' ? 'draining' : state} />,
          },
          { key: 'group', title: t('runs.group'), cell: ({ group }) => <Inert text={group} /> },
          { key: 'load', title: t('executors.load'), align: 'num', cell: ({ openAttempts }) => openAttempts },
          { key: 'beat', title: t('executors.beat'), cell: ({ lastBeatAtMs }) => <Ago atMs={lastBeatAtMs} /> },
          {
            key: 'labels',
            title: t('setting.labels'),
            cell: ({ labels, signs }) => (
              <span className="row tight">
                {Object.entries(labels).map(([name, value]) => (
                  <span key={name} className="tag">
                    <Inert text={`${name}=${value}`} />
                  </span>
                ))}
                {!signs && <span className="tag">{t('executors.unsigned')}</span>}
              </span>
            ),
          },
          { key: 'do', title: '', cell: (executor) => <DrainButton executor={executor} /> },
        ]}
      />
    </Panel>
  );
}

export function DrainButton({ executor }: { readonly executor: Executor }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const may = useMay();
  const client = useQueryClient();
  if (!may('run', executor.group) || executor.state === 'gone') return null;
  const verb = executor.isDrained ? 'undrain' : 'drain';
  return (
    <Button
      size="small"
      onClick={() =>
        ask({
          title: t(`executors.${verb}Title`, { address: executor.address }),
          body: <p>{t(`executors.${verb}Help`)}</p>,
          ok: t(`executors.${verb}`),
          needsReason: true,
          act: async (reason) => {
            await call(`POST /executors/:executorId/${verb}`, {
              params: { executorId: executor.id },
              body: { reason },
            });
            void client.invalidateQueries();
          },
        })
      }
    >
      {t(`executors.${verb}`)}
    </Button>
  );
}

function GroupDialog({ group, onClose }: { readonly group: Group | 'new'; readonly onClose: () => void }) {
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

function JoinDialog({ group, onClose }: { readonly group: string; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [made, setMade] = useState<Reply<'POST /groups/:group/join-token'> | null>(null);
  const [error, setError] = useState<unknown>(null);
  const make = async () => {
    setError(null);
    try {
      setMade(await call('POST /groups/:group/join-token', { params: { group } }));
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Modal open title={t('groups.joinTitle', { group })} footer={null} onCancel={onClose} width={640}>
      <div className="stack">
        <p>{t('groups.joinHelp', { group })}</p>
        {made === null ? (
          <div>
            <Button type="primary" onClick={() => void make()}>
              {t('groups.joinMake')}
            </Button>
          </div>
        ) : (
          <>
            <Secret text={made.command} help={t('secret.once')} />
            <span className="soft small">
              {t('groups.joinUntil')} <Ago atMs={made.expiresAtMs} />
            </span>
          </>
        )}
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Modal>
  );
}
