import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { type Reply, usePages, useRead } from '../../api/read.ts';
import { DefinitionPage } from '../../edit/definition-page.tsx';
import { NextFires } from '../../edit/next-fires.tsx';
import { PastFires } from '../../edit/past-fires.tsx';
import { Versions } from '../../edit/versions.tsx';
import { List } from '../../look/list.tsx';
import { Loaded, Panel } from '../../look/parts.tsx';
import { Inert } from '../../look/values.tsx';
import { useRunColumns } from '../runs/run-columns.tsx';
import { ScriptPanel } from '../scripts/script-panel.tsx';
import { JobFacts } from './job-facts.tsx';
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
          {job.glueType !== 'BEAN' && <ScriptPanel job={job} mayEdit={may.edit} />}
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
        empty={t('job.noRuns')}
      />
    </Panel>
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
