import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../app/preferences.ts';
import { Ago, useNow } from '../../look/values.tsx';
import { overdueMs } from '../../pure/ask-overdue.ts';
import { formatDuration } from '../../pure/format.ts';

/** When an item is asked about next; where that has long passed, that nobody does. */
export function AskedNext({ atMs }: { readonly atMs: number | null }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const late = overdueMs(atMs, useNow(1_000));
  if (late === null) return <Ago atMs={atMs} />;
  const span = formatDuration(Math.floor(late / 60_000) * 60_000, language);
  return <span>{t('items.overdue', { span })}</span>;
}
