import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../app/preferences.ts';
import { Progress } from '../../look/parts.tsx';
import { StateMark, toneOf, useStateWord } from '../../look/state.tsx';
import { formatCount } from '../../pure/format.ts';
import type { RunDetail } from './run.tsx';

/** How many of its shards are in each state. */
export function ShardCounts({ counts }: { readonly counts: Readonly<Record<string, number>> }) {
  const { t } = useTranslation();
  const word = useStateWord();
  return (
    <span className="row tight">
      {Object.entries(counts)
        .filter(([, n]) => n > 0)
        .map(([state, n]) => (
          <span key={state} className={`pill tone-${toneOf(state)}`}>
            <StateMark state={state} size={12} /> {t('run.count', { n, state: word(state) })}
          </span>
        ))}
    </span>
  );
}

/** Items where they are counted, else shards. */
export function ProgressText({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { progress } = detail;
  const [done, total] =
    progress.itemsTotal === null
      ? [progress.shardsDone, progress.shardsTotal]
      : [progress.itemsDone ?? 0, progress.itemsTotal];
  if (total === null || total === 0) return null;
  const text = t('run.of', { done: formatCount(done, language), total: formatCount(total, language) });
  return (
    <span className="row progress-text">
      <span className="small soft">{text}</span>
      <span className="progress-slot">
        <Progress done={done} total={total} label={text} tone={done >= total ? 'ok' : 'run'} />
      </span>
    </span>
  );
}
