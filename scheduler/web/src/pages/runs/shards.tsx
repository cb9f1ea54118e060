import { useVirtualizer } from '@tanstack/react-virtual';
import { Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type Reply, usePages } from '../../api/read.ts';
import { Choose } from '../../look/choose.tsx';
import { Bones, Empty, ProblemNote } from '../../look/parts.tsx';
import { State, StateMark, useStateWord } from '../../look/state.tsx';
import { Duration, Inert, Instant, Said, serverNow } from '../../look/values.tsx';
import { MAP_MAX, ShardMap } from './shard-map.tsx';

export type Shard = Reply<'GET /runs/:runId/shards'>['items'][number];
const STATES = ['ready', 'sent', 'running', 'succeeded', 'failed', 'cancelled'] as const;
type ShardState = (typeof STATES)[number];

/** All shards of a run, only those on the screen are drawn; pages are read as one scrolls, and for the map up to 2,000. */
export function Shards({
  runId,
  total,
  isOpen,
}: {
  readonly runId: number;
  readonly total: number | null;
  readonly isOpen: boolean;
}) {
  const { t } = useTranslation();
  const word = useStateWord();
  const [state, setState] = useState('');
  const shards = usePages(
    'GET /runs/:runId/shards',
    { params: { runId }, query: { limit: 200, ...(state === '' ? {} : { state: state as ShardState }) } },
    { topics: isOpen ? [`run:${runId}`] : [] },
  );
  const { rows, hasNextPage, isFetchingNextPage, fetchNextPage } = shards;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && rows.length < MAP_MAX) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, rows.length]);
  const scrollTo = useRef<(index: number) => void>(() => undefined);
  return (
    <>
      <div className="panel-body stack tight">
        {total !== null && (
          <div className="filters">
            <Choose
              label={t('runs.state')}
              value={state}
              onChange={setState}
              options={STATES.map((value) => ({ value, label: word(value) }))}
            />
          </div>
        )}
        {state === '' && rows.length > 24 && <ShardMap rows={rows} onShow={(index) => scrollTo.current(index)} />}
      </div>
      {shards.isPending ? (
        <Bones />
      ) : shards.error !== null && rows.length === 0 ? (
        <ProblemNote error={shards.error} onRetry={() => void shards.refetch()} />
      ) : rows.length === 0 ? (
        <Empty>{t(total !== null ? 'run.noShards' : isOpen ? 'run.notSplit' : 'run.neverSplit')}</Empty>
      ) : (
        <ShardList
          rows={rows}
          scrollTo={scrollTo}
          onEnd={() => hasNextPage && !isFetchingNextPage && void fetchNextPage()}
        />
      )}
    </>
  );
}

function ShardList({
  rows,
  scrollTo,
  onEnd,
}: {
  readonly rows: readonly Shard[];
  readonly scrollTo: { current: (index: number) => void };
  readonly onEnd: () => void;
}) {
  const { t } = useTranslation();
  const scroll = useRef<HTMLElement>(null);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 68,
    overscan: 8,
  });
  scrollTo.current = (index) => list.scrollToIndex(index, { align: 'center' });
  const shown = list.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: reading on is asked for when the end comes near
  useEffect(() => {
    if (last >= rows.length - 20) onEnd();
  }, [last, rows.length]);
  return (
    <section
      className="shard-scroll"
      style={{ height: `min(${list.getTotalSize() + 2}px, 560px, 62vh)` }}
      ref={scroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
      tabIndex={0}
      aria-label={t('runs.shards')}
    >
      <div style={{ height: list.getTotalSize() }}>
        {shown.map(({ index, start, key }) => {
          const shard = rows[index];
          return shard === undefined ? null : (
            <div
              key={key}
              ref={list.measureElement}
              data-index={index}
              className="shard-row"
              style={{ transform: `translateY(${start}px)` }}
            >
              <ShardRow shard={shard} />
            </div>
          );
        })}
      </div>
    </section>
  );
}

function ShardRow({ shard }: { readonly shard: Shard }) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  const last = shard.attempts.at(-1);
  const earlier = shard.attempts.slice(0, -1);
  return (
    <>
      <div className="shard-head">
        <strong>{shard.phase === 'shard' ? t('run.shard', { no: shard.index }) : t(`run.phase.${shard.phase}`)}</strong>
        <State state={shard.state} />
        <span className="wide cut small">{last !== undefined && <Inert text={last.address} />}</span>
        <span className="wide small soft">
          {last !== undefined && (
            <>
              <Instant atMs={last.sentAtMs} style="exact" /> ·{' '}
              <Duration ms={(last.endedAtMs ?? serverNow()) - last.sentAtMs} />
            </>
          )}
        </span>
        <span className="row tight">
          {earlier.length > 0 && (
            <Button size="small" type="text" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
              {t('run.tries', { count: shard.attempts.length })}
            </Button>
          )}
          {last !== undefined && <Link to={`/logs/${last.logId}`}>{t('run.log')}</Link>}
        </span>
      </div>
      {shard.reason !== null && (
        <div className="small soft">
          <Said text={shard.reason} />
        </div>
      )}
      {isOpen &&
        earlier.map((attempt) => (
          <div key={attempt.logId} className="attempt">
            <span>{t('run.try', { no: attempt.no })}</span>
            <span className="row tight">
              <StateMark state={attempt.state} size={13} /> <AttemptWord state={attempt.state} />
            </span>
            <span className="wide cut">
              {attempt.reason === null ? attempt.address : <Said text={attempt.reason} />}
            </span>
            <span className="wide">
              <Instant atMs={attempt.sentAtMs} style="second" />
            </span>
            <Link to={`/logs/${attempt.logId}`}>{t('run.log')}</Link>
          </div>
        ))}
    </>
  );
}

function AttemptWord({ state }: { readonly state: string }) {
  return <>{useStateWord()(state)}</>;
}
