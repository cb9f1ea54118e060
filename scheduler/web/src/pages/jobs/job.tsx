import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Dropdown, Input, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { call } from '../../api/client.ts';
import { type Reply, usePages, useRead } from '../../api/read.ts';
import { Fires } from '../../edit/fires.tsx';
import { ScheduleWords } from '../../edit/schedule-words.tsx';
import { VersionsPanel } from '../../edit/versions.tsx';
import { useAsk } from '../../look/ask.tsx';
import { Field } from '../../look/field.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Facts, Loaded, Page, Panel, useProblemWords } from '../../look/parts.tsx';
import { StateMark } from '../../look/state.tsx';
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
  return (
    <Page
      title={<Inert text={job.name} />}
      lead={<OnOff view={view} />}
      actions={<Actions view={view} onRun={() => setIsStarting(true)} />}
    >
      {job.title !== '' && (
        <p className="soft">
          <Inert text={job.title} />
        </p>
      )}
      {view.heldBecause !== null && (
        <p className="note tone-warn">
          <StateMark state="held" />
          <span>
            <Inert text={view.heldBecause} /> · <Link to="/holds">{t('nav.holds')}</Link>
          </span>
        </p>
      )}
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

function OnOff({ view }: { readonly view: JobView }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { message } = App.useApp();
  const words = useProblemWords();
  const { job, may } = view;
  const [isBusy, setIsBusy] = useState(false);
  const turn = async (on: boolean) => {
    setIsBusy(true);
    try {
      await call(on ? 'POST /jobs/:jobId/enable' : 'POST /jobs/:jobId/disable', { params: { jobId: job.id } });
    } catch (error) {
      void message.error(words(error));
    }
    await client.invalidateQueries();
    setIsBusy(false);
  };
  return (
    <span className="row tight">
      <Switch
        aria-label={t('jobs.isOn')}
        checked={job.enabled}
        disabled={!may.edit}
        loading={isBusy}
        onChange={(on) => void turn(on)}
      />
      <span className="soft">{job.enabled ? t('state.enabled') : t('state.disabled')}</span>
    </span>
  );
}

function Actions({ view, onRun }: { readonly view: JobView; readonly onRun: () => void }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { job, may } = view;
  const params = { jobId: job.id };
  const copy = () => {
    let name = `${job.name}-copy`;
    ask({
      title: t('job.copyTitle', { name: job.name }),
      body: (
        <Field label={t('job.copyName')}>
          {(input) => (
            <Input {...input} defaultValue={name} maxLength={64} onChange={({ target }) => (name = target.value)} />
          )}
        </Field>
      ),
      ok: t('common.copy'),
      act: async () => {
        const saved = await call('POST /jobs/:jobId/copy', { params, body: { name } });
        void navigate(`/jobs/${saved.jobId}`);
      },
    });
  };
  const remove = () =>
    ask({
      title: t('job.removeTitle', { name: job.name }),
      body: <p>{t('job.removeHelp')}</p>,
      ok: t('common.remove'),
      danger: true,
      act: async () => {
        await call('DELETE /jobs/:jobId', { params });
        void client.invalidateQueries();
        void navigate('/jobs');
      },
    });
  return (
    <>
      {may.run && (
        <Button type="primary" icon={<Icon name="runs" size={15} />} onClick={onRun}>
          {t('runNow.start')}
        </Button>
      )}
      {may.edit && (
        <Button icon={<Icon name="edit" size={15} />} onClick={() => void navigate(`/jobs/${job.id}/edit`)}>
          {t('job.edit')}
        </Button>
      )}
      {may.edit && (
        <Dropdown
          trigger={['click']}
          menu={{
            items: [
              { key: 'copy', label: t('common.copy') },
              { key: 'remove', label: t('common.remove'), danger: true },
            ],
            onClick: ({ key }) => (key === 'copy' ? copy() : remove()),
          }}
        >
          <Button aria-label={t('job.more')} icon={<Icon name="more" size={15} />} />
        </Dropdown>
      )}
    </>
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
