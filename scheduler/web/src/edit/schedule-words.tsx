import { useTranslation } from 'react-i18next';
import { useLanguage } from '../app/preferences.ts';
import { Inert, Instant } from '../look/values.tsx';
import { formatDuration } from '../pure/format.ts';
import type { Schedule } from './schedule-editor.tsx';

/** When something fires by itself, in a few words. */
export function ScheduleWords({ schedule }: { readonly schedule: Schedule }) {
  const { t } = useTranslation();
  const language = useLanguage();
  switch (schedule.kind) {
    case 'none':
      return <span className="soft">{t('schedule.none')}</span>;
    case 'cron':
      return (
        <span>
          <code>{schedule.text}</code> <span className="small soft">{schedule.zone}</span>
        </span>
      );
    case 'fixed_rate':
      return <>{t('schedule.everySpan', { span: formatDuration(schedule.everyMs, language) })}</>;
    case 'fixed_delay':
      return <>{t('schedule.afterSpan', { span: formatDuration(schedule.delayMs, language) })}</>;
    case 'one_off':
      return (
        <span>
          {t('schedule.once')} <Instant atMs={schedule.atMs} />
        </span>
      );
    case 'parent':
      return (
        <span>
          {t('schedule.afterJobs')} <Inert text={schedule.jobs.join(', ')} />
        </span>
      );
  }
}
