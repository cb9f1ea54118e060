import '../tonight/tonight.css';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { type Reply, usePages, useRead } from '../../api/read.ts';
import { Tags } from '../../edit/definition-cells.tsx';
import { DefinitionPage } from '../../edit/definition-page.tsx';
import { NextFires } from '../../edit/next-fires.tsx';
import { PastFires } from '../../edit/past-fires.tsx';
import { ScheduleWords } from '../../edit/schedule-words.tsx';
import { Versions } from '../../edit/versions.tsx';
import { List } from '../../look/list.tsx';
import { Facts, Loaded, Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Duration, Inert, Instant, serverNow } from '../../look/values.tsx';
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
  const { chain, heldBecause, may } = view;
  const of = { chain: chain.name };
  return (
    <DefinitionPage
      head={{ of, name: chain.name, enabled: chain.enabled, tags: chain.tags, heldBecause, may }}
      title={chain.title}
      startText={t('chain.start')}
      startDialog={(onClose) => <StartChain view={view} onClose={onClose} />}
    >
      <Panel title={t('chain.graph')} flush>
        <NightGraph shown={{ nodes: view.nodes.map(asNode), edges: view.edges }} />
      </Panel>
      <div className="split">
        <div className="stack">
          <ChainRuns chain={chain.name} />
          <Versions of={of} mayEdit={may.edit} />
          <PastFires of={of} />
        </div>
        <div className="stack">
          <Panel title={t('job.settings')}>
            <ChainFacts view={view} />
          </Panel>
          <NextFires of={of} />
        </div>
      </div>
    </DefinitionPage>
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
        empty={t('job.noRuns')}
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
        chain.tags.length === 0 ? null : [t('jobs.tags'), <Tags key="tags" tags={chain.tags} />],
        chain.owner === '' ? null : [t('jobs.owner'), <Inert key="owner" text={chain.owner} />],
        [t('versions.version'), view.version],
      ]}
    />
  );
}
