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
import { Ago, Inert, Instant } from '../../look/values.tsx';
import { inertValue } from '../../pure/inert-text.ts';
import { useRunColumns } from '../runs/runs.tsx';
import { FiresList } from './fires-list.tsx';
import { RunNow } from './run-now.tsx';

type JobView = Reply<'GET /jobs/:jobId'>;

export function JobPage() {
  const jobId = Number(useParams().jobId);
  const view = useRead('GET /jobs/:jobId', { params: { jobId } }, { topics: ['jobs', 'runs'] });
  return <Loaded of={view}>{(data) => <Shown view={data} />}</Loaded>;
}

function Shown({ view }: { readonly view: JobView }) {
  const { t } = useTranslation();
  const { job } = view;
  const [isStarting, setIsStarting] = useState(false);
  const head = headOf(view);
  return (
    <Page
      title={<Inert text={job.name} />}
      lead={<OnOff head={head} />}
      actions={
        <>
          {view.may.run && (
            <Button type="primary" icon={<Icon name="runs" size={15} />} onClick={() => setIsStarting(true)}>
              {t('runNow.start')}
            </Button>
          )}
          <HeadActions head={head} />
        </>
      }
    >
      {job.title !== '' && (
        <p className="soft">
          <Inert text={job.title} />
        </p>
      )}
      <HeadNotes head={head} />
      <div className="split">
        <div className="stack">
          <LastRuns jobId={job.id} />
          <Panel title={t('job.settings')}>
            <JobFacts view={view} />
          </Panel>
          <JobVersions view={view} />
          <FiresList of={{ jobId: job.id }} />
        </div>
        <div className="stack">
          <NextFires jobId={job.id} />
          <Neighbours view={view} />
        </div>
      </div>
      {isStarting && (
        <RunNow
          jobId={job.id}
          name={job.name}
          param={job.param}
          isHeld={view.heldBecause !== null}
          onClose={() => setIsStarting(false)}
        />
      )}
    </Page>
  );
}

function headOf(view: JobView): DefinitionHead {
  const { job, heldBecause, may } = view;
  const params = { jobId: job.id };
  return {
    scope: 'job',
    ...{ name: job.name, enabled: job.enabled, tags: job.tags, heldBecause, may },
    editPath: `/jobs/${job.id}/edit`,
    listPath: '/jobs',
    turn: (on) => call(on ? 'POST /jobs/:jobId/enable' : 'POST /jobs/:jobId/disable', { params }),
    copy: async (name) => `/jobs/${(await call('POST /jobs/:jobId/copy', { params, body: { name } })).jobId}`,
    remove: () => call('DELETE /jobs/:jobId', { params }),
  };
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
      {job.tags.length > 0 && (
        <span className="row tight">
          {job.tags.map((tag) => (
            <span key={tag} className="tag">
              <Inert text={tag} />
            </span>
          ))}
        </span>
      )}
      {job.param !== '' && <pre className="param">{inertValue(job.param)}</pre>}
    </div>
  );
}

function NextFires({ jobId }: { readonly jobId: number }) {
  const { t } = useTranslation();
  const fires = useRead('GET /jobs/:jobId/next-fires', { params: { jobId }, query: { n: 10 } }, { topics: ['jobs'] });
  return (
    <Panel title={t('fires.title')}>
      <Loaded of={fires}>
        {({ items, zone }) => (
          <div className="stack tight">
            {items.length > 0 && <span className="label">{zone}</span>}
            <Fires items={items} />
          </div>
        )}
      </Loaded>
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

function JobVersions({ view }: { readonly view: JobView }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const jobId = view.job.id;
  const versions = useRead('GET /jobs/:jobId/versions', { params: { jobId } }, { topics: ['jobs'] });
  const restore = (version: number) =>
    ask({
      title: t('versions.restoreTitle', { version }),
      ok: t('versions.restore'),
      needsReason: true,
      act: async (reason) => {
        await call('POST /jobs/:jobId/versions/:version/restore', { params: { jobId, version }, body: { reason } });
        void client.invalidateQueries();
      },
    });
  return <VersionsPanel versions={versions} of={{ jobId }} onRestore={view.may.edit ? restore : null} />;
}
