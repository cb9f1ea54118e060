import { useTranslation } from 'react-i18next';
import type { Reply } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { readPath } from '../../edit/at-path.ts';
import { Tags } from '../../edit/definition-cells.tsx';
import { ScheduleWords } from '../../edit/schedule-words.tsx';
import type { Setting } from '../../edit/settings.tsx';
import { LongText } from '../../look/long-text.tsx';
import { ParamFieldsList } from '../../look/param-words.tsx';
import { Facts } from '../../look/parts.tsx';
import { Ago, Inert, Instant } from '../../look/values.tsx';
import { formatDuration, formatInstant } from '../../pure/format.ts';
import { inertValue } from '../../pure/inert-text.ts';
import { writePairs } from '../../pure/pairs.ts';
import { jobSettings, NEW_JOB } from './job-settings.ts';

type JobView = Reply<'GET /jobs/:jobId'>;

/** What one wants to know of every job; everything else is shown where it is not as it is when nothing is said. */
const ALWAYS = ['handler', 'group', 'route', 'misfire.policy', 'block', 'priority', 'retry.count', 'onNodeLoss'];
/** Shown elsewhere on the page. */
const ELSEWHERE = ['name', 'title', 'enabled', 'tags', 'param', 'paramFields'];
const NOTHING_KNOWN = { groups: [], handlers: [], tags: [], owners: [], calendars: [], zones: [] };

/** The settings of a job under the words that the editor has for them. */
export function JobFacts({ view }: { readonly view: JobView }) {
  const { t } = useTranslation();
  const { job } = view;
  const words = useSettingWords();
  const settings = jobSettings(job, NOTHING_KNOWN).flatMap((section) => section.settings);
  const shown = settings.filter(({ path }) => {
    const value = readPath(job, path);
    if (ELSEWHERE.includes(path) || isEmpty(value)) return false;
    return ALWAYS.includes(path) || !isSame(value, readPath(NEW_JOB, path));
  });
  return (
    <div className="stack">
      <Facts
        items={[
          [t('schedule.kind'), <ScheduleWords key="schedule" schedule={job.schedule} />],
          [t('jobs.next'), <Instant key="next" atMs={view.nextFireAtMs} />],
          ...shown.map(
            (setting) =>
              [
                t(`setting.${setting.path}`),
                <Inert key={setting.path} text={words(setting, readPath(job, setting.path))} />,
              ] as const,
          ),
          [t('versions.version'), view.version],
          [t('job.updated'), <Ago key="updated" atMs={view.updatedAtMs} />],
        ]}
      />
      {job.tags.length > 0 && <Tags tags={job.tags} />}
      {job.paramFields != null && (
        <div>
          <span className="label">{t('setting.paramFields')}</span>
          <ParamFieldsList fields={job.paramFields} />
        </div>
      )}
      {job.param !== '' && (
        <div className="stack tight">
          <span className="label">{t('setting.param')}</span>
          <LongText label={t('setting.param')} text={inertValue(job.param)} />
        </div>
      )}
    </div>
  );
}

function useSettingWords(): (setting: Setting, value: unknown) => string {
  const { t } = useTranslation();
  const language = useLanguage();
  return ({ kind }, value) => {
    if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
    if (kind === 'duration' && typeof value === 'number') return formatDuration(value, language);
    if (kind === 'instant' && typeof value === 'number') return formatInstant(value, { language });
    if (kind === 'pairs') return writePairs(value);
    return Array.isArray(value) ? value.join(', ') : String(value);
  };
}

const isEmpty = (value: unknown): boolean =>
  value == null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
/** A switch that nothing is said of is off. */
const isSame = (value: unknown, plain: unknown): boolean =>
  plain === undefined ? value === false : JSON.stringify(value) === JSON.stringify(plain);
