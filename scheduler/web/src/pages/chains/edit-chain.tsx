import '../../edit/edit.css';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import type { Body } from '../../../../api/admin/contract/routes.ts';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { EditBar } from '../../edit/edit-bar.tsx';
import { SCHEDULE_PATHS, ScheduleEditor } from '../../edit/schedule-editor.tsx';
import { type Setting, Settings } from '../../edit/settings.tsx';
import { useEditor } from '../../edit/use-editor.ts';
import { Bones, Loaded, Page, Panel } from '../../look/parts.tsx';
import { StateMark } from '../../look/state.tsx';
import { Inert } from '../../look/values.tsx';
import { findCircle } from '../../pure/graph-layout.ts';
import { scheduleSettings } from '../jobs/job-settings.ts';
import { CUT_OFF_PATHS, CutOffFields } from './cut-off-fields.tsx';
import { EdgeList, GRAPH_PATHS } from './edge-list.tsx';

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
  const before = useMemo(() => (view === null ? NEW_CHAIN : inputOf(view.chain)), [view]);
  const [at, setAt] = useState<string | null>(null);
  const editor = useEditor({
    before,
    check: (chain, signal) =>
      call('POST /chains/check', { body: view === null ? { chain, isNew: true } : { chain }, signal }),
    save: (chain) => {
      if (view === null) return call('POST /chains', { body: { chain } });
      const params = { chain: view.chain.name };
      return call('PUT /chains/:chain', { params, body: { chain, version: view.version } });
    },
  });
  const { value: chain, draft, problems } = editor;
  const change = (next: ChainInput) => editor.change(() => next);
  const circle = findCircle(chain.nodes, chain.edges);
  const calendars = useRead('GET /calendars');
  const zones = useRead('GET /zones');
  const identity = view === null ? [NAME, ...IDENTITY] : IDENTITY;
  const timing = scheduleSettings({
    calendars: calendars.data?.items.map(({ calendar }) => calendar.name) ?? [],
    zones: zones.data?.items ?? [],
  });
  const paths = [...identity, ...timing].map(({ path }) => path);
  return (
    <Page title={view === null ? t('chains.new') : t('job.editTitle', { name: view.chain.name })}>
      <Panel title={t('job.section.identity')}>
        <Settings draft={draft} settings={identity} />
      </Panel>
      <div className="chain-halves">
        <Panel title={t('chain.list')}>
          <EdgeList chain={chain} onChange={change} at={at} onAt={setAt} problems={problems} />
        </Panel>
        <Panel title={t('chain.canvas')} flush>
          <Suspense fallback={<Bones />}>
            <ChainCanvas chain={chain} onChange={change} at={at} onAt={setAt} circle={circle} />
          </Suspense>
        </Panel>
      </div>
      <Panel title={t('job.section.schedule')}>
        <div className="stack">
          <ScheduleEditor
            withParent={false}
            value={chain.schedule ?? { kind: 'none' }}
            problems={problems}
            onChange={(schedule) => change({ ...chain, schedule })}
          />
          <CutOffFields
            cutOff={chain.cutOff ?? { kind: 'none' }}
            onChange={(cutOff) => change({ ...chain, cutOff })}
            problems={problems}
          />
          <Settings draft={draft} settings={timing} />
        </div>
      </Panel>
      <EditBar
        editor={editor}
        shownAt={new Set([...paths, ...SCHEDULE_PATHS, ...CUT_OFF_PATHS, ...GRAPH_PATHS])}
        stop={
          circle === null ? null : (
            <span className="row tight wrong" role="alert">
              <StateMark state="failed" />
              {t('chain.circle')} <Inert text={circle.join(' > ')} />
            </span>
          )
        }
      />
    </Page>
  );
}

/** It stays: it is what runs, holds and schedules know a chain by. */
const NAME: Setting = { path: 'name', kind: 'text' };
const IDENTITY: readonly Setting[] = [
  { path: 'title', kind: 'text' },
  { path: 'owner', kind: 'text' },
  { path: 'tags', kind: 'tags' },
  { path: 'enabled', kind: 'switch' },
];

function inputOf(chain: Reply<'GET /chains/:chain'>['chain']): ChainInput {
  const { configHash: _, ...input } = chain;
  return input;
}
