import { useQueryClient } from '@tanstack/react-query';
import { Button, DatePicker, InputNumber, Modal, Select, Switch } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, newRequestId } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { useMay } from '../../app/session.tsx';
import { useAsk } from '../../look/ask.tsx';
import { Field } from '../../look/field.tsx';
import { List } from '../../look/list.tsx';
import { Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Ago, Inert, Instant } from '../../look/values.tsx';

const SCOPES = ['cluster', 'group', 'chain', 'job'] as const;
type Scope = (typeof SCOPES)[number];

/** What people have stopped, the fires that wait for that or for a person, and ranges of past dates. */
export function Holds() {
  const { t } = useTranslation();
  const may = useMay();
  const [dialog, setDialog] = useState<'hold' | 'backfill' | null>(null);
  return (
    <Page
      title={t('nav.holds')}
      actions={
        may('run') && (
          <>
            <Button onClick={() => setDialog('backfill')}>{t('backfill.new')}</Button>
            <Button type="primary" onClick={() => setDialog('hold')}>
              {t('holds.new')}
            </Button>
          </>
        )
      }
    >
      <HoldList />
      <HeldFires />
      <Backfills />
      {dialog === 'hold' && <NewHold onClose={() => setDialog(null)} />}
      {dialog === 'backfill' && <NewBackfill onClose={() => setDialog(null)} />}
    </Page>
  );
}

function HoldList() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const holds = useRead('GET /holds', {}, { topics: ['jobs'] });
  const release = (scope: Scope, name: string) =>
    ask({
      title: t('holds.releaseTitle', { name: name === '' ? t('holds.scope.cluster') : name }),
      ok: t('holds.release'),
      needsReason: true,
      act: async (reason) => {
        await call('POST /holds/release', { body: { scope, reason, ...(name === '' ? {} : { name }) } });
        void client.invalidateQueries();
      },
    });
  return (
    <Panel title={t('holds.title')} flush>
      <List
        caption={t('holds.title')}
        rows={holds.data?.items ?? []}
        rowKey={({ scope, name }) => `${scope} ${name}`}
        query={holds}
        empty={t('holds.none')}
        columns={[
          {
            key: 'what',
            title: t('holds.what'),
            lead: true,
            cell: ({ scope, name }) => (
              <strong>
                {t(`holds.scope.${scope}`)} <Inert text={name} />
              </strong>
            ),
          },
          { key: 'reason', title: t('ask.reason'), cell: ({ reason }) => <Inert text={reason} /> },
          { key: 'by', title: t('run.by'), cell: ({ by }) => <Inert text={by} /> },
          { key: 'since', title: t('holds.since'), cell: ({ heldAtMs }) => <Ago atMs={heldAtMs} /> },
          { key: 'fires', title: t('holds.fires'), align: 'num', cell: ({ heldFires }) => heldFires },
          { key: 'then', title: t('holds.onResume'), cell: ({ onResume }) => t(`onResume.${onResume}`) },
          {
            key: 'do',
            title: '',
            cell: ({ scope, name }) => (
              <Button size="small" onClick={() => release(scope, name)}>
                {t('holds.release')}
              </Button>
            ),
          },
        ]}
      />
    </Panel>
  );
}

function HeldFires() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const fires = useRead('GET /held-fires', {}, { topics: ['jobs', 'alarms'] });
  const decide = (fireId: number, decision: 'run' | 'skip') =>
    ask({
      title: t(`heldFires.${decision}Title`),
      ok: t(`heldFires.${decision}`),
      needsReason: true,
      act: async (reason) => {
        await call('POST /held-fires/:fireId/decide', { params: { fireId }, body: { decision, reason } });
        void client.invalidateQueries();
      },
    });
  return (
    <Panel title={t('heldFires.title')} flush>
      <List
        caption={t('heldFires.title')}
        rows={fires.data?.items ?? []}
        rowKey={({ id }) => id}
        query={fires}
        empty={t('heldFires.none')}
        columns={[
          {
            key: 'what',
            title: t('holds.what'),
            lead: true,
            cell: ({ job, chain }) => (
              <strong>
                <Inert text={chain ?? job ?? ''} />
              </strong>
            ),
          },
          { key: 'planned', title: t('run.planned'), cell: ({ plannedAtMs }) => <Instant atMs={plannedAtMs} /> },
          { key: 'date', title: t('runs.date'), cell: ({ businessDate }) => businessDate },
          {
            key: 'reason',
            title: t('fires.reason'),
            cell: ({ reason }) => <Inert text={reason ?? ''} className="small" />,
          },
          {
            key: 'do',
            title: '',
            cell: ({ id }) => (
              <span className="row tight">
                <Button size="small" onClick={() => decide(id, 'run')}>
                  {t('heldFires.run')}
                </Button>
                <Button size="small" onClick={() => decide(id, 'skip')}>
                  {t('heldFires.skip')}
                </Button>
              </span>
            ),
          },
        ]}
      />
    </Panel>
  );
}

function Backfills() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const backfills = useRead('GET /backfills', {}, { topics: ['runs'] });
  const act = (backfillId: number, verb: 'pause' | 'resume' | 'cancel') =>
    ask({
      title: t(`backfill.${verb}Title`, { id: backfillId }),
      ok: t(`backfill.${verb}`),
      danger: verb === 'cancel',
      needsReason: true,
      act: async (reason) => {
        await call(`POST /backfills/:backfillId/${verb}`, { params: { backfillId }, body: { reason } });
        void client.invalidateQueries();
      },
    });
  return (
    <Panel title={t('backfill.title')} flush>
      <List
        caption={t('backfill.title')}
        rows={backfills.data?.items ?? []}
        rowKey={({ id }) => id}
        query={backfills}
        empty={t('backfill.none')}
        columns={[
          {
            key: 'what',
            title: t('holds.what'),
            lead: true,
            cell: ({ job, chain, id }) => (
              <strong>
                <Inert text={chain ?? job ?? ''} /> <span className="soft">#{id}</span>
              </strong>
            ),
          },
          { key: 'state', title: t('runs.state'), cell: ({ state }) => <State state={state} /> },
          {
            key: 'range',
            title: t('backfill.range'),
            cell: ({ fromDate, toDate }) => (
              <span className="nowrap">
                {fromDate} – {toDate}
              </span>
            ),
          },
          { key: 'next', title: t('backfill.next'), cell: ({ nextDate }) => nextDate ?? '–' },
          { key: 'progress', title: t('slice.done'), cell: ({ progress }) => <Progress progress={progress} /> },
          { key: 'by', title: t('run.by'), cell: ({ by }) => <Inert text={by} /> },
          {
            key: 'do',
            title: '',
            cell: ({ id, state }) => (
              <span className="row tight">
                {state === 'running' && (
                  <Button size="small" onClick={() => act(id, 'pause')}>
                    {t('backfill.pause')}
                  </Button>
                )}
                {state === 'paused' && (
                  <Button size="small" onClick={() => act(id, 'resume')}>
                    {t('backfill.resume')}
                  </Button>
                )}
                {(state === 'running' || state === 'paused') && (
                  <Button size="small" danger onClick={() => act(id, 'cancel')}>
                    {t('backfill.cancel')}
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
    </Panel>
  );
}

function Progress({ progress }: { readonly progress: Readonly<Record<string, number>> }) {
  const { t } = useTranslation();
  return (
    <>
      {Object.entries(progress)
        .map(([state, n]) => t('run.count', { n, state: t(`state.${state}`, { defaultValue: state }) }))
        .join(', ')}
    </>
  );
}

function NewHold({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const [scope, setScope] = useState<Scope>('job');
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
              options={SCOPES.map((value) => ({ value, label: t(`holds.scope.${value}`) }))}
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

function useNames(scope: Scope): readonly string[] {
  const jobs = useRead('GET /jobs', { query: { limit: 200 } }, { enabled: scope === 'job' });
  const chains = useRead('GET /chains', { query: { limit: 200 } }, { enabled: scope === 'chain' });
  const groups = useRead('GET /groups', {}, { enabled: scope === 'group' });
  if (scope === 'job') return jobs.data?.items.map(({ name }) => name) ?? [];
  if (scope === 'chain') return chains.data?.items.map(({ name }) => name) ?? [];
  return groups.data?.items.map(({ name }) => name) ?? [];
}

function NewBackfill({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const requestId = useMemo(newRequestId, []);
  const [kind, setKind] = useState<'job' | 'chain'>('chain');
  const [name, setName] = useState<string | null>(null);
  const [range, setRange] = useState<readonly [string, string] | null>(null);
  const [parallel, setParallel] = useState(1);
  const [stopOnFailure, setStopOnFailure] = useState(true);
  const [error, setError] = useState<unknown>(null);
  const names = useNames(kind);
  const start = async () => {
    if (name === null || range === null) return;
    setError(null);
    try {
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
      void client.invalidateQueries();
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Modal
      open
      title={t('backfill.new')}
      onCancel={onClose}
      onOk={() => void start()}
      okText={t('backfill.start')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: name === null || range === null }}
    >
      <div className="stack">
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
        <Field label={t('backfill.stopOnFailure')}>
          {({ id }) => (
            <span>
              <Switch id={id} checked={stopOnFailure} onChange={setStopOnFailure} />
            </span>
          )}
        </Field>
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Modal>
  );
}
