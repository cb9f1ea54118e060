import '../tonight/tonight.css';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { call } from '../../api/client.ts';
import { type Reply, usePages, useRead } from '../../api/read.ts';
import { type DefinitionHead, HeadActions, HeadNotes, OnOff } from '../../edit/definition-head.tsx';
import { Fires } from '../../edit/fires.tsx';
import { ScheduleWords } from '../../edit/schedule-words.tsx';
import { VersionsPanel } from '../../edit/versions.tsx';
import { useAsk } from '../../look/ask.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Facts, Loaded, Page, Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Duration, Inert, Instant, serverNow } from '../../look/values.tsx';
import { FiresList } from '../jobs/fires-list.tsx';
import { NightGraph } from '../tonight/night-graph.tsx';
import { StartChain } from './start-chain.tsx';

type ChainView = Reply<'GET /chains/:chain'>;

export function ChainPage() {
  const { chain = '' } = useParams();
  const view = useRead('GET /chains/:chain', { params: { chain } }, { topics: ['jobs', 'tonight'] });
  return <Loaded of={view}>{(data) => <Shown view={data} />}</Loaded>;
}

function Shown({ view }: { readonly view: ChainView }) {
  const { t } = useTranslation();
  const { chain } = view;
  const [isStarting, setIsStarting] = useState(false);
  const head = headOf(view);
  return (
    <Page
      title={<Inert text={chain.name} />}
      lead={<OnOff head={head} />}
      actions={
        <>
          {view.may.run && (
            <Button type="primary" icon={<Icon name="runs" size={15} />} onClick={() => setIsStarting(true)}>
              {t('chain.start')}
            </Button>
          )}
          <HeadActions head={head} />
        </>
      }
    >
      {chain.title !== '' && (
        <p className="soft">
          <Inert text={chain.title} />
        </p>
      )}
      <HeadNotes head={head} />
      <Panel title={t('chain.graph')} flush>
        <NightGraph shown={{ nodes: view.nodes.map(asNode), edges: view.edges }} />
      </Panel>
      <div className="split">
        <div className="stack">
          <ChainRuns chain={chain.name} />
          <ChainVersions view={view} />
          <FiresList of={{ chain: chain.name }} />
        </div>
        <div className="stack">
          <Panel title={t('job.settings')}>
            <ChainFacts view={view} />
          </Panel>
          <NextFires chain={chain.name} />
        </div>
      </div>
      {isStarting && <StartChain view={view} onClose={() => setIsStarting(false)} />}
    </Page>
  );
}

/** A node of a definition as the graph draws nodes of a run: it has none yet. */
const asNode = ({ job, jobId, group, rank, enabled }: ChainView['nodes'][number]) => ({
  job,
  jobId,
  group,
  rank,
  picture: { kind: 'plan' as const, group, enabled },
  hold: null,
  runId: null,
  startedAtMs: null,
  endedAtMs: null,
  progress: null,
  etaAtMs: null,
  markAsked: null,
});

function headOf(view: ChainView): DefinitionHead {
  const { chain, heldBecause, may } = view;
  const params = { chain: chain.name };
  const pathOf = (name: string) => `/chains/${encodeURIComponent(name)}`;
  return {
    scope: 'chain',
    ...{ name: chain.name, enabled: chain.enabled, tags: chain.tags, heldBecause, may },
    editPath: `${pathOf(chain.name)}/edit`,
    listPath: '/chains',
    turn: (on) => call(on ? 'POST /chains/:chain/enable' : 'POST /chains/:chain/disable', { params }),
    copy: async (name) => pathOf((await call('POST /chains/:chain/copy', { params, body: { name } })).chain),
    remove: () => call('DELETE /chains/:chain', { params }),
  };
}

function ChainRuns({ chain }: { readonly chain: string }) {
  const { t } = useTranslation();
  const runs = usePages('GET /chain-runs', { query: { chain, limit: 10 } }, { topics: ['tonight'] });
  return (
    <Panel title={t('chain.runs')} flush>
      <List
        caption={t('chain.runs')}
        rows={runs.rows}
        rowKey={({ id }) => id}
        query={runs}
        empty={t('runs.none')}
        columns={[
          {
            key: 'id',
            title: t('runs.date'),
            lead: true,
            cell: (run) => (
              <Link to={`/?chainRun=${run.id}`}>
                {run.businessDate} <span className="soft">#{run.id}</span>
              </Link>
            ),
          },
          { key: 'state', title: t('runs.state'), cell: ({ state }) => <State state={state} /> },
          { key: 'started', title: t('runs.started'), cell: ({ startedAtMs }) => <Instant atMs={startedAtMs} /> },
          {
            key: 'duration',
            title: t('runs.duration'),
            align: 'num',
            cell: ({ startedAtMs, endedAtMs }) => <Duration ms={(endedAtMs ?? serverNow()) - startedAtMs} />,
          },
          { key: 'cutOff', title: t('band.cutOff'), cell: ({ cutOffAtMs }) => <Instant atMs={cutOffAtMs} /> },
        ]}
      />
    </Panel>
  );
}

function ChainFacts({ view }: { readonly view: ChainView }) {
  const { t } = useTranslation();
  const { chain } = view;
  const cutOff =
    chain.cutOff.kind === 'time' ? (
      `${chain.cutOff.time} ${chain.cutOff.zone}`
    ) : chain.cutOff.kind === 'after' ? (
      <Duration ms={chain.cutOff.afterMs} />
    ) : (
      t('common.none')
    );
  return (
    <Facts
      items={[
        [t('schedule.kind'), <ScheduleWords key="schedule" schedule={chain.schedule} />],
        [t('band.cutOff'), cutOff],
        chain.limits.calendar === null
          ? null
          : [t('setting.limits.calendar'), <Inert key="calendar" text={chain.limits.calendar} />],
        chain.sweeps.length === 0 ? null : [t('chain.sweeps'), <Inert key="sweeps" text={chain.sweeps.join(', ')} />],
        chain.owner === '' ? null : [t('jobs.owner'), <Inert key="owner" text={chain.owner} />],
        [t('versions.version'), view.version],
      ]}
    />
  );
}

function NextFires({ chain }: { readonly chain: string }) {
  const { t } = useTranslation();
  const fires = useRead('GET /chains/:chain/next-fires', { params: { chain }, query: { n: 10 } }, { topics: ['jobs'] });
  return (
    <Panel title={t('fires.title')}>
      <Loaded of={fires}>{({ items }) => <Fires items={items} />}</Loaded>
    </Panel>
  );
}

function ChainVersions({ view }: { readonly view: ChainView }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const chain = view.chain.name;
  const versions = useRead('GET /chains/:chain/versions', { params: { chain } }, { topics: ['jobs'] });
  const restore = (version: number) =>
    ask({
      title: t('versions.restoreTitle', { version }),
      ok: t('versions.restore'),
      needsReason: true,
      act: async (reason) => {
        await call('POST /chains/:chain/versions/:version/restore', { params: { chain, version }, body: { reason } });
        void client.invalidateQueries();
      },
    });
  return <VersionsPanel versions={versions} of={{ chain }} onRestore={view.may.edit ? restore : null} />;
}
