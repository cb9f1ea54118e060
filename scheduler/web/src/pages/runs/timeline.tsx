import { Checkbox } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/read.ts';
import { Empty, Loaded, Panel } from '../../look/parts.tsx';
import { Inert, Instant } from '../../look/values.tsx';

/** What every run has, in thousands where there are many shards; left out unless it is asked for. */
const USUAL: readonly string[] = ['sent', 'accepted'];
const GOOD: readonly string[] = ['settled', 'run_ended', 'succeeded'];
const BAD: readonly string[] = ['failed', 'lost', 'killed', 'timed_out', 'refused', 'retried'];

export function Timeline({ runId }: { readonly runId: number }) {
  const { t } = useTranslation();
  const [isAll, setIsAll] = useState(false);
  const timeline = useRead('GET /runs/:runId/timeline', { params: { runId } }, { topics: [`run:${runId}`] });
  return (
    <Panel
      title={t('run.timeline')}
      flush
      actions={
        <Checkbox checked={isAll} onChange={({ target }) => setIsAll(target.checked)}>
          {t('run.timelineAll')}
        </Checkbox>
      }
    >
      <Loaded of={timeline}>
        {({ items }) => {
          const shown = isAll || items.length < 30 ? items : items.filter(({ kind }) => !USUAL.includes(kind));
          return shown.length === 0 ? (
            <Empty>{t('run.timelineNone')}</Empty>
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
            <ol className="timeline" tabIndex={0} aria-label={t('run.timeline')}>
              {shown.map(({ atMs, kind, shardIndex, attempt, address, text }, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: entries have no id, and only grow at the end
                <li key={index} className={GOOD.includes(kind) ? 'is-good' : BAD.includes(kind) ? 'is-bad' : ''}>
                  <span className="soft">
                    <Instant atMs={atMs} style="clock" />
                  </span>
                  <i aria-hidden="true" />
                  <span>
                    {t(`timeline.${kind}`, { defaultValue: kind })}
                    {shardIndex !== null && ` · ${t('run.shard', { no: shardIndex + 1 })}`}
                    {attempt !== null && attempt > 1 && ` · ${t('run.try', { no: attempt })}`}
                    {address !== null && (
                      <span className="soft">
                        {' '}
                        · <Inert text={address} />
                      </span>
                    )}
                    {text !== null && (
                      <span className="soft">
                        {' '}
                        – <Inert text={text} />
                      </span>
                    )}
                  </span>
                </li>
              ))}
            </ol>
          );
        }}
      </Loaded>
    </Panel>
  );
}
