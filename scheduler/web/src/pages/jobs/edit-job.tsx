import '../../edit/edit.css';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useBlocker, useNavigate, useParams } from 'react-router';
import type { Body } from '../../../../api/admin/contract/routes.ts';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { writePath } from '../../edit/at-path.ts';
import { type Schedule, ScheduleEditor } from '../../edit/schedule-editor.tsx';
import { type Draft, type Setting, Settings } from '../../edit/settings.tsx';
import { byPath, problemsOf, useCheck } from '../../edit/use-check.ts';
import { Leaving } from '../../look/leaving.tsx';
import { Loaded, Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { Inert } from '../../look/values.tsx';
import { jobSettings } from './job-settings.ts';

type JobInput = Body<'POST /jobs'>['job'];

export function EditJob() {
  const { jobId } = useParams();
  const id = Number(jobId ?? 0);
  const view = useRead('GET /jobs/:jobId', { params: { jobId: id } }, { enabled: id > 0 });
  if (id === 0) return <Editor view={null} />;
  return <Loaded of={view}>{(data) => <Editor key={data.version} view={data} />}</Loaded>;
}

const NEW_JOB: JobInput = {
  name: '',
  handler: '',
  group: '',
  route: 'FAILOVER',
  schedule: { kind: 'none' },
  retry: { count: 0, firstMs: 0, factor: 2, maxMs: 5_000, jitter: 0, on: ['FAILED', 'TIMEOUT'] },
  misfire: { policy: 'FIRE_ONCE', afterMs: 5_000, max: 100, windowMs: 86_400_000, holdAfterMs: null },
  limits: { startAtMs: null, endAtMs: null, calendar: null, roll: 'skip' },
  businessDate: { zone: null, offsetDays: 0 },
  block: 'SERIAL_EXECUTION',
  priority: 5,
  glueType: 'BEAN',
  onNodeLoss: 'auto',
  enabledWhile: 'always',
  timeoutSeconds: 0,
  parallelMax: 0,
  shardTotal: null,
  slowAfterSeconds: null,
  arrival: null,
  enabled: true,
};

function Editor({ view }: { readonly view: Reply<'GET /jobs/:jobId'> | null }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const before = useMemo(() => (view === null ? NEW_JOB : inputOf(view.job)), [view]);
  const [job, setJob] = useState<JobInput>(before);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const isChanged = job !== before;
  const checked = useCheck(job, (signal) =>
    isChanged ? call('POST /jobs/check', { body: { job }, signal }) : Promise.resolve({ problems: [] }),
  );
  const problems = checked.size > 0 ? checked : byPath(problemsOf(error));
  const blocker = useBlocker(isChanged && !isBusy);
  const draft: Draft = {
    value: job,
    problems,
    onChange: (path, next) => setJob((now) => withoutEmptyFile(writePath(now, path, next))),
  };
  const sections = useSections(job);
  const known = new Set([...sections.flatMap(({ settings }) => settings.map(({ path }) => path)), ...SCHEDULE_PATHS]);
  const elsewhere = [...problems].filter(([path]) => !known.has(path));
  const save = async () => {
    setIsBusy(true);
    setError(null);
    try {
      const saved =
        view === null
          ? await call('POST /jobs', { body: { job } })
          : await call('PUT /jobs/:jobId', { params: { jobId: view.job.id }, body: { job, version: view.version } });
      await client.invalidateQueries();
      void navigate(`/jobs/${saved.jobId}`);
    } catch (problem) {
      setError(problem);
      setIsBusy(false);
    }
  };
  return (
    <Page title={view === null ? t('jobs.new') : t('job.editTitle', { name: view.job.name })}>
      {sections.map(({ name, settings }) => (
        <Panel key={name} title={t(`job.section.${name}`)}>
          {name === 'schedule' ? (
            <div className="stack">
              <ScheduleEditor
                value={(job.schedule ?? { kind: 'none' }) as Schedule}
                problems={problems}
                onChange={(schedule) => setJob((now) => ({ ...now, schedule }))}
              />
              <Settings settings={settings} draft={draft} />
            </div>
          ) : (
            <Settings settings={settings} draft={draft} />
          )}
        </Panel>
      ))}
      <div className="edit-bar">
        <div className="grow stack tight">
          {error !== null && <ProblemNote error={error} />}
          {elsewhere.map(([path, message]) => (
            <span key={path} className="wrong">
              <code>{path}</code> <Inert text={message} />
            </span>
          ))}
          {error === null && elsewhere.length === 0 && (
            <span className="soft">
              {problems.size > 0
                ? t('edit.problems', { count: problems.size })
                : isChanged
                  ? t('edit.changed')
                  : t('edit.unchanged')}
            </span>
          )}
        </div>
        <Button onClick={() => void navigate(-1)}>{t('common.cancel')}</Button>
        <Button type="primary" loading={isBusy} disabled={!isChanged || problems.size > 0} onClick={() => void save()}>
          {t('common.save')}
        </Button>
      </div>
      <Leaving blocker={blocker} />
    </Page>
  );
}

const SCHEDULE_PATHS = [
  'schedule',
  'schedule.text',
  'schedule.zone',
  'schedule.everyMs',
  'schedule.delayMs',
  'schedule.atMs',
  'schedule.jobs',
];

/** A job without a path waits for no file. */
const withoutEmptyFile = (job: JobInput): JobInput =>
  job.arrival != null && job.arrival.path === '' ? { ...job, arrival: null } : job;

/** What the scheduler reckons by itself is not sent back. */
function inputOf(job: Reply<'GET /jobs/:jobId'>['job']): JobInput {
  const { configHash: _, ...input } = job;
  return input;
}

function useSections(job: JobInput): readonly { readonly name: string; readonly settings: readonly Setting[] }[] {
  const filters = useRead('GET /jobs/filters');
  const groups = useRead('GET /groups');
  const calendars = useRead('GET /calendars');
  const zones = useRead('GET /zones');
  return jobSettings(job, {
    groups: groups.data?.items.map(({ name }) => name) ?? [],
    handlers: [...new Set(filters.data?.handlers ?? [])],
    tags: filters.data?.tags ?? [],
    owners: filters.data?.owners ?? [],
    calendars: calendars.data?.items.map(({ calendar }) => calendar.name) ?? [],
    zones: zones.data?.items ?? [],
  });
}
