import '../../edit/edit.css';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { call } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { EditBar } from '../../edit/edit-bar.tsx';
import { SCHEDULE_PATHS, ScheduleEditor } from '../../edit/schedule-editor.tsx';
import { type Setting, Settings } from '../../edit/settings.tsx';
import { useEditor } from '../../edit/use-editor.ts';
import { Loaded, Page, Panel } from '../../look/parts.tsx';
import { type JobInput, jobSettings, NEW_JOB } from './job-settings.ts';

export function EditJob() {
  const { jobId } = useParams();
  const id = Number(jobId ?? 0);
  const view = useRead('GET /jobs/:jobId', { params: { jobId: id } }, { enabled: id > 0 });
  if (id === 0) return <Editor view={null} />;
  return <Loaded of={view}>{(data) => <Editor key={data.version} view={data} />}</Loaded>;
}

function Editor({ view }: { readonly view: Reply<'GET /jobs/:jobId'> | null }) {
  const { t } = useTranslation();
  const before = useMemo(() => (view === null ? NEW_JOB : inputOf(view.job)), [view]);
  const editor = useEditor({
    before,
    check: (job, signal) => call('POST /jobs/check', { body: { job: tidy(job) }, signal }),
    save: (value) => {
      const job = tidy(value);
      if (view === null) return call('POST /jobs', { body: { job } });
      return call('PUT /jobs/:jobId', { params: { jobId: view.job.id }, body: { job, version: view.version } });
    },
  });
  const { value: job, problems, draft } = editor;
  const sections = useSections(job);
  const paths = sections.flatMap(({ settings }) => settings.flatMap((setting) => shownBeside(setting, problems)));
  return (
    <Page title={view === null ? t('jobs.new') : t('job.editTitle', { name: view.job.name })}>
      {sections.map(({ name, settings }) => (
        <Panel key={name} title={t(`job.section.${name}`)}>
          <div className="stack">
            {name === 'schedule' && (
              <ScheduleEditor
                value={job.schedule ?? { kind: 'none' }}
                problems={problems}
                onChange={(schedule) => editor.change((now) => ({ ...now, schedule }))}
              />
            )}
            <Settings settings={settings} draft={draft} />
          </div>
        </Panel>
      ))}
      <EditBar editor={editor} shownAt={new Set([...paths, ...SCHEDULE_PATHS])} />
    </Page>
  );
}

/** What is wrong inside of the fields of a parameter stands beside its part of them. */
const shownBeside = ({ path, kind }: Setting, problems: ReadonlyMap<string, string>): readonly string[] =>
  kind === 'fields' ? [path, ...[...problems.keys()].filter((at) => PART_OF_FIELD.test(at))] : [path];

const PART_OF_FIELD = /^paramFields\.\w+(\.(type|default|oneOf|min|max))?$/;

/** A job without a path waits for no file, one without hours works at any time, and a guard of nothing is none. */
function tidy(job: JobInput): JobInput {
  const { arrival, window, loadGuard } = job;
  const hasHours = window != null && `${window.from ?? ''}${window.to ?? ''}` !== '';
  const isGuarded = loadGuard != null && Object.values(loadGuard).some((figure) => figure !== undefined);
  return {
    ...job,
    arrival: arrival == null || arrival.path === '' ? null : arrival,
    window: hasHours ? { ...ANY_HOURS, ...window } : null,
    loadGuard: isGuarded ? loadGuard : null,
  };
}

const ANY_HOURS = { from: '', to: '', timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };

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
