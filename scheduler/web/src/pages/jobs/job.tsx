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
import { Ago, Inert, Instant } from '../../look/values.tsx';
import { inertValue } from '../../pure/inert-text.ts';
import { useRunColumns } from '../runs/run-columns.tsx';
import { RunNow } from './run-now.tsx';

type JobView = Reply<'GET /jobs/:jobId'>;

export function JobPage() {
  const jobId = Number(useParams().jobId);
  const view = useRead('GET /jobs/:jobId', { params: { jobId } }, { topics: ['jobs', 'runs'] });
  return <Loaded of={view}>{(data) => <Shown view={data} />}</Loaded>;
}

function Shown({ view }: { readonly view: JobView }) {
  const { t } = useTranslation();
  const { job, heldBecause, may } = view;
  const of = { jobId: job.id };
  return (
    <DefinitionPage
      head={{ of, name: job.name, enabled: job.enabled, tags: job.tags, heldBecause, may }}
      title={job.title}
      startText={t('runNow.start')}
      startDialog={(onClose) => <RunNow job={job} isHeld={heldBecause !== null} onClose={onClose} />}
    >
      <div className="split">
        <div className="stack">
          <LastRuns jobId={job.id} />
          <Panel title={t('job.settings')}>
            <JobFacts view={view} />
          </Panel>
          <Versions of={of} mayEdit={may.edit} />
          <PastFires of={of} />
        </div>
        <div className="stack">
          <NextFires of={of} />
          <Neighbours view={view} />
        </div>
      </div>
    </DefinitionPage>
  );
}

function LastRuns({ jobId }: { readonly jobId: number }) {
  const { t } = useTranslation();
  const runs = usePages('GET /runs', { query: { jobId, limit: 10 } }, { topics: ['runs'] });
  const columns = useRunColumns().filter(({ key }) => ['job', 'state', 'date', 'started', 'duration'].includes(key));
  return (
    <Panel title={t('job.lastRuns')} flush actions={<Link to={`/runs?job=${jobId}`}>{t('common.all')}</Link>}>
      <List
        caption={t('job.lastRuns')}
        columns={columns}
        rows={runs.rows.slice(0, 8)}
        rowKey={({ id }) => id}
        query={{ ...runs, hasNextPage: false }}
        empty={t('runs.none')}
      />
    </Panel>
  );
}

/** Every setting that is not empty, under the word that the editor has for it. */
function JobFacts({ view }: { readonly view: JobView }) {
  const { t } = useTranslation();
  const { job } = view;
  const text = (value: unknown) => <Inert text={inertValue(value)} />;
  return (
    <div className="stack">
      <Facts
        items={[
          [t('setting.handler'), text(job.handler === '' ? job.glueType : job.handler)],
          [t('setting.group'), text(job.group)],
          [t('setting.route'), job.route],
          job.shardTotal === null ? null : [t('setting.shardTotal'), job.shardTotal],
          [t('schedule.kind'), <ScheduleWords key="schedule" schedule={job.schedule} />],
          [t('jobs.next'), <Instant key="next" atMs={view.nextFireAtMs} />],
          [t('setting.misfire.policy'), job.misfire.policy],
          job.limits.calendar === null ? null : [t('setting.limits.calendar'), text(job.limits.calendar)],
          [t('setting.block'), job.block],
          [t('setting.priority'), job.priority],
          [t('setting.timeoutSeconds'), job.timeoutSeconds === 0 ? t('common.none') : `${job.timeoutSeconds} s`],
          [t('setting.retry.count'), job.retry.count],
          [t('setting.onNodeLoss'), job.onNodeLoss],
          job.owner === '' ? null : [t('setting.owner'), text(job.owner)],
          [t('versions.version'), view.version],
          [t('job.updated'), <Ago key="updated" atMs={view.updatedAtMs} />],
        ]}
      />
      {job.tags.length > 0 && <Tags tags={job.tags} />}
      {job.param !== '' && <pre className="param">{inertValue(job.param)}</pre>}
    </div>
  );
}

function Neighbours({ view }: { readonly view: JobView }) {
  const { t } = useTranslation();
  if (view.chains.length + view.children.length === 0) return null;
  return (
    <Panel title={t('job.neighbours')}>
      <div className="stack tight">
        {view.chains.map((chain) => (
          <Link key={chain} to={`/chains/${encodeURIComponent(chain)}`}>
            {t('job.inChain')} <Inert text={chain} />
          </Link>
        ))}
        {view.children.map(({ jobId, name, on }) => (
          <Link key={jobId} to={`/jobs/${jobId}`}>
            {t('job.firesAfter')} <Inert text={name} />{' '}
            <span className="soft small">{t(`edge.when.${on}`, { defaultValue: on })}</span>
          </Link>
        ))}
      </div>
    </Panel>
  );
}
