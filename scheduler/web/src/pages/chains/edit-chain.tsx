import '../../edit/edit.css';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Segmented, Select } from 'antd';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useBlocker, useNavigate, useParams } from 'react-router';
import type { Body } from '../../../../api/admin/contract/routes.ts';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { writePath } from '../../edit/at-path.ts';
import { type Schedule, ScheduleEditor } from '../../edit/schedule-editor.tsx';
import { type Draft, Settings } from '../../edit/settings.tsx';
import { byPath, problemsOf, useCheck } from '../../edit/use-check.ts';
import { Field } from '../../look/field.tsx';
import { Leaving } from '../../look/leaving.tsx';
import { Bones, Loaded, Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { StateMark } from '../../look/state.tsx';
import { Inert } from '../../look/values.tsx';
import { findCircle } from '../../pure/graph-layout.ts';
import { scheduleSettings } from '../jobs/job-settings.ts';
import { EdgeList } from './edge-list.tsx';

export type ChainInput = Body<'POST /chains'>['chain'];
/** The canvas comes when it is looked at: on a small screen the list is enough. */
const ChainCanvas = lazy(() => import('./chain-canvas.tsx'));

const NEW_CHAIN: ChainInput = {
  name: '',
  title: '',
  owner: '',
  tags: [],
  nodes: [],
  edges: [],
  joinAny: [],
  sweeps: [],
  schedule: { kind: 'none' },
  limits: { startAtMs: null, endAtMs: null, calendar: null, roll: 'skip' },
  misfire: { policy: 'FIRE_ONCE', afterMs: 5_000, max: 100, windowMs: 86_400_000, holdAfterMs: null },
  businessDate: { zone: null, offsetDays: 0 },
  cutOff: { kind: 'none' },
  enabled: true,
};

export function EditChain() {
  const { chain = '' } = useParams();
  const view = useRead('GET /chains/:chain', { params: { chain } }, { enabled: chain !== '' });
  if (chain === '') return <Editor view={null} />;
  return <Loaded of={view}>{(data) => <Editor key={data.version} view={data} />}</Loaded>;
}

function Editor({ view }: { readonly view: Reply<'GET /chains/:chain'> | null }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const before = useMemo(() => (view === null ? NEW_CHAIN : inputOf(view.chain)), [view]);
  const [chain, setChain] = useState<ChainInput>(before);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [at, setAt] = useState<string | null>(null);
  const isChanged = chain !== before;
  const checked = useCheck(chain, (signal) =>
    isChanged ? call('POST /chains/check', { body: { chain }, signal }) : Promise.resolve({ problems: [] }),
  );
  const problems = checked.size > 0 ? checked : byPath(problemsOf(error));
  const circle = findCircle(chain.nodes, chain.edges);
  const blocker = useBlocker(isChanged && !isBusy);
  const draft: Draft = {
    value: chain,
    problems,
    onChange: (path, next) => setChain((now) => writePath(now, path, next)),
  };
  const calendars = useRead('GET /calendars');
  const zones = useRead('GET /zones');
  const save = async () => {
    setIsBusy(true);
    setError(null);
    try {
      const saved =
        view === null
          ? await call('POST /chains', { body: { chain } })
          : await call('PUT /chains/:chain', {
              params: { chain: view.chain.name },
              body: { chain, version: view.version },
            });
      await client.invalidateQueries();
      void navigate(`/chains/${encodeURIComponent(saved.chain)}`);
    } catch (problem) {
      setError(problem);
      setIsBusy(false);
    }
  };
  return (
    <Page title={view === null ? t('chains.new') : t('job.editTitle', { name: view.chain.name })}>
      <Panel title={t('job.section.identity')}>
        <Settings
          draft={draft}
          settings={[
            ...(view === null ? [{ path: 'name', kind: 'text' } as const] : []),
            { path: 'title', kind: 'text' },
            { path: 'owner', kind: 'text' },
            { path: 'tags', kind: 'tags' },
            { path: 'enabled', kind: 'switch' },
          ]}
        />
      </Panel>
      <div className="chain-halves">
        <Panel title={t('chain.list')}>
          <EdgeList chain={chain} onChange={setChain} at={at} onAt={setAt} problems={problems} />
        </Panel>
        <Panel title={t('chain.canvas')} flush>
          <Suspense fallback={<Bones />}>
            <ChainCanvas chain={chain} onChange={setChain} at={at} onAt={setAt} circle={circle} />
          </Suspense>
        </Panel>
      </div>
      <Panel title={t('job.section.schedule')}>
        <div className="stack">
          <ScheduleEditor
            withParent={false}
            value={(chain.schedule ?? { kind: 'none' }) as Schedule}
            problems={problems}
            onChange={(schedule) => setChain((now) => ({ ...now, schedule }))}
          />
          <CutOff chain={chain} onChange={setChain} problems={problems} />
          <Settings
            draft={draft}
            settings={scheduleSettings({
              calendars: calendars.data?.items.map(({ calendar }) => calendar.name) ?? [],
              zones: zones.data?.items ?? [],
            })}
          />
        </div>
      </Panel>
      <div className="edit-bar">
        <div className="grow stack tight">
          {error !== null && <ProblemNote error={error} />}
          {circle !== null && (
            <span className="row tight wrong">
              <StateMark state="failed" />
              {t('chain.circle')} <Inert text={circle.join(' > ')} />
            </span>
          )}
          {circle === null &&
            [...problems].map(([path, message]) => (
              <span key={path} className="wrong">
                <code>{path}</code> <Inert text={message} />
              </span>
            ))}
          {error === null && problems.size === 0 && circle === null && (
            <span className="soft">{isChanged ? t('edit.changed') : t('edit.unchanged')}</span>
          )}
        </div>
        <Button onClick={() => void navigate(-1)}>{t('common.cancel')}</Button>
        <Button
          type="primary"
          loading={isBusy}
          disabled={!isChanged || problems.size > 0 || circle !== null}
          onClick={() => void save()}
        >
          {t('common.save')}
        </Button>
      </div>
      <Leaving blocker={blocker} />
    </Page>
  );
}

function inputOf(chain: Reply<'GET /chains/:chain'>['chain']): ChainInput {
  const { configHash: _, ...input } = chain;
  return input;
}

/** When a run that a schedule starts has to be done. */
function CutOff({
  chain,
  onChange,
  problems,
}: {
  readonly chain: ChainInput;
  readonly onChange: (next: ChainInput) => void;
  readonly problems: ReadonlyMap<string, string>;
}) {
  const { t } = useTranslation();
  const zones = useRead('GET /zones');
  const cutOff = chain.cutOff ?? { kind: 'none' };
  const set = (next: NonNullable<ChainInput['cutOff']>) => onChange({ ...chain, cutOff: next });
  const begin = {
    none: { kind: 'none' },
    time: { kind: 'time', time: '06:00', zone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    after: { kind: 'after', afterMs: 8 * 3_600_000 },
  } as const;
  return (
    <div className="settings">
      <Field label={t('band.cutOff')} help={t('cutOff.help')} problem={problems.get('cutOff') ?? null}>
        {({ id }) => (
          <span>
            <Segmented
              id={id}
              value={cutOff.kind}
              options={(['none', 'time', 'after'] as const).map((kind) => ({
                value: kind,
                label: t(`cutOff.${kind}`),
              }))}
              onChange={(kind) => set(begin[kind])}
            />
          </span>
        )}
      </Field>
      {cutOff.kind === 'time' && (
        <>
          <Field label={t('cutOff.time')} problem={problems.get('cutOff.time') ?? null}>
            {(input) => (
              <Input
                {...input}
                placeholder="06:00"
                value={cutOff.time}
                onChange={({ target }) => set({ ...cutOff, time: target.value })}
              />
            )}
          </Field>
          <Field label={t('cron.zone')} problem={problems.get('cutOff.zone') ?? null}>
            {(input) => (
              <Select
                {...input}
                showSearch
                value={cutOff.zone}
                onChange={(zone) => set({ ...cutOff, zone })}
                options={(zones.data?.items ?? [cutOff.zone]).map((name) => ({ value: name, label: name }))}
              />
            )}
          </Field>
        </>
      )}
      {cutOff.kind === 'after' && (
        <Field label={t('cutOff.hours')} problem={problems.get('cutOff.afterMs') ?? null}>
          {(input) => (
            <Input
              {...input}
              type="number"
              min={0}
              step={0.5}
              value={cutOff.afterMs / 3_600_000}
              onChange={({ target }) => set({ kind: 'after', afterMs: Math.round(Number(target.value) * 3_600_000) })}
            />
          )}
        </Field>
      )}
    </div>
  );
}
