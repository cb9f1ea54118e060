import { useTranslation } from 'react-i18next';
import { useLanguage } from '../app/preferences.ts';
import { formatDuration } from '../pure/format.ts';

interface NotedEdge {
  readonly when?: 'success' | 'failure' | 'always';
  readonly milestone?: 'SETTLED' | 'DISPATCHED';
  readonly orCutOff?: boolean;
  readonly deadlineMs?: number | null;
}

/** What stands at a line of a chain: only what differs from the usual, which is after success, when all is settled. */
export function useEdgeNotes(): (edge: NotedEdge) => string {
  const { t } = useTranslation();
  const language = useLanguage();
  return ({ when = 'success', milestone = 'SETTLED', orCutOff = false, deadlineMs }) =>
    [
      when === 'success' ? '' : t(`edge.when.${when}`),
      milestone === 'SETTLED' ? '' : t('edge.dispatched'),
      orCutOff ? t('edge.orCutOff') : '',
      // What is being typed may be no number yet.
      typeof deadlineMs === 'number' ? t('edge.within', { span: formatDuration(deadlineMs, language) }) : '',
    ]
      .filter((note) => note !== '')
      .join(' · ')
      // Where it has little room it breaks between words alone.
      .replaceAll('-', '\u2011');
}
