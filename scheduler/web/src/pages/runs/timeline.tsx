import { useVirtualizer } from '@tanstack/react-virtual';
import { Checkbox } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Reply, useRead } from '../../api/read.ts';
import { Empty, Loaded, Panel } from '../../look/parts.tsx';
import { Inert, Instant, Said } from '../../look/values.tsx';

/** What every run has, in thousands where there are many shards; left out unless it is asked for. */
const USUAL: readonly string[] = ['sent', 'accepted'];
const GOOD: readonly string[] = ['settled', 'run_succeeded', 'succeeded'];
const BAD: readonly string[] = ['failed', 'lost', 'refused', 'run_failed', 'run_timed_out'];

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
          return shown.length === 0 ? <Empty>{t('run.timelineNone')}</Empty> : <Lines lines={shown} />;
        }}
      </Loaded>
    </Panel>
  );
}

type Line = Reply<'GET /runs/:runId/timeline'>['items'][number];

/** Only what is on the screen is drawn: a run of a thousand shards has a thousand lines, and drawing them took a second. */
function Lines({ lines }: { readonly lines: readonly Line[] }) {
  const { t } = useTranslation();
  const scroll = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 28,
    overscan: 10,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <div className="timeline" ref={scroll} tabIndex={0}>
      <ol aria-label={t('run.timeline')} style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map(({ index, start, key }) => {
          const line = lines[index];
          return line === undefined ? null : (
            <li
              key={key}
              data-index={index}
              ref={list.measureElement}
              aria-posinset={index + 1}
              aria-setsize={lines.length}
              className={GOOD.includes(line.kind) ? 'is-good' : BAD.includes(line.kind) ? 'is-bad' : ''}
              style={{ transform: `translateY(${start}px)` }}
            >
              <LineText line={line} />
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function LineText({ line: { atMs, kind, shardIndex, attempt, address, text } }: { readonly line: Line }) {
  const { t } = useTranslation();
  return (
    <>
      <span className="soft">
        <Instant atMs={atMs} style="exact" />
      </span>
      <i aria-hidden="true" />
      <span>
        {t(`timeline.${kind}`, { defaultValue: kind })}
        {shardIndex !== null && ` · ${t('run.shard', { no: shardIndex })}`}
        {attempt !== null && attempt > 1 && ` · ${t('run.try', { no: attempt })}`}
        {address !== null && (
          <span className="soft">
            {' '}
            · <Inert text={address} />
          </span>
        )}
        {text !== null && text !== '' && (
          <span className="soft">
            {' '}
            – <Said text={text} />
          </span>
        )}
      </span>
    </>
  );
}
