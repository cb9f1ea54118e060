import { useVirtualizer } from '@tanstack/react-virtual';
import { Button, Checkbox, Select } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addressOf } from '../../api/client.ts';
import { useLanguage } from '../../app/preferences.ts';
import { Icon } from '../../look/icon.tsx';
import { Empty, ProblemNote } from '../../look/parts.tsx';
import { formatCount } from '../../pure/format.ts';
import { inertLine } from '../../pure/inert-text.ts';
import { linesOfLevel, splitAtHits } from '../../pure/log-window.ts';
import { LogSearch } from './log-search.tsx';
import { useLog } from './use-log.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const LINE_HEIGHT = 19;
/** So near to an end, more is read. */
const NEAR_LINES = 60;

/** A log of any length: from its end, following, searched, by level, with nothing in it that could do anything. */
export function LogView({ logId }: { readonly logId: number }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const [isFollowing, setIsFollowing] = useState(true);
  const [isWrapped, setIsWrapped] = useState(false);
  const [least, setLeast] = useState<(typeof LEVELS)[number]>('debug');
  const [search, setSearch] = useState('');
  const [found, setFound] = useState<number | null>(null);
  const log = useLog(logId, isFollowing);
  const lines = useMemo(() => linesOfLevel(log.window.lines, least), [log.window.lines, least]);
  const scroll = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 30,
    getItemKey: (index) => lines[index]?.no ?? index,
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines at the end are what it follows
  useEffect(() => {
    if (isFollowing && lines.length > 0) list.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [isFollowing, lines.at(-1)?.no]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each line that is gone to
  useEffect(() => {
    const index = lines.findIndex(({ no }) => no === found);
    if (index >= 0) list.scrollToIndex(index, { align: 'center' });
  }, [found, lines[0]?.no]);

  // Lines that come in above keep what is looked at where it is.
  const first = useRef<number | null>(null);
  useEffect(() => {
    const before = first.current;
    const firstNow = lines[0]?.no ?? null;
    first.current = firstNow;
    if (before === null || firstNow === null || firstNow >= before || isFollowing || scroll.current === null) return;
    const added = lines.findIndex(({ no }) => no === before);
    if (added > 0) scroll.current.scrollTop += added * LINE_HEIGHT;
  }, [lines, isFollowing]);

  const shown = list.getVirtualItems();
  const onScroll = () => {
    const box = scroll.current;
    if (box === null || log.isReading) return;
    const fromEnd = box.scrollHeight - box.scrollTop - box.clientHeight;
    if (fromEnd > 60 && isFollowing) setIsFollowing(false);
    if (box.scrollTop < NEAR_LINES * LINE_HEIGHT) log.readEarlier();
    if (fromEnd < NEAR_LINES * LINE_HEIGHT && !isFollowing && !log.window.isEnd) log.readLater();
  };
  const goTo = (line: number) => {
    setIsFollowing(false);
    setFound(line);
    if (!log.window.lines.some(({ no }) => no === line)) log.goTo(line);
  };
  const count = (n: number) => formatCount(n, language);
  return (
    <div className={`log ${isWrapped ? 'is-wrapped' : ''}`}>
      <div className="log-tools">
        <LogSearch logId={logId} level={least === 'debug' ? null : least} onSearch={setSearch} onGoTo={goTo} />
        <Select
          aria-label={t('log.level')}
          value={least}
          onChange={setLeast}
          options={LEVELS.map((value) => ({ value, label: t(`log.least.${value}`) }))}
          style={{ width: 150 }}
        />
        <Checkbox
          checked={isFollowing}
          onChange={({ target }) => {
            setIsFollowing(target.checked);
            if (target.checked) log.goToEnd();
          }}
        >
          {t('log.follow')}
        </Checkbox>
        <Checkbox checked={isWrapped} onChange={({ target }) => setIsWrapped(target.checked)}>
          {t('log.wrap')}
        </Checkbox>
        <span className="grow" />
        <Button
          aria-label={t('common.download')}
          icon={<Icon name="download" />}
          href={addressOf('GET /logs/:logId/download', { params: { logId } })}
          download
        >
          <span className="hide-narrow">{t('common.download')}</span>
        </Button>
      </div>
      {log.error !== null && <ProblemNote error={log.error} onRetry={log.goToEnd} />}
      {log.isMissing && lines.length === 0 ? (
        <Empty>{t('log.missing')}</Empty>
      ) : (
        <div
          className="log-scroll"
          ref={scroll}
          onScroll={onScroll}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label={t('log.title', { id: logId })}
        >
          <div style={{ height: list.getTotalSize() }}>
            {shown.map(({ index, start, key }) => {
              const line = lines[index];
              return line === undefined ? null : (
                <div
                  key={key}
                  data-index={index}
                  ref={isWrapped ? list.measureElement : null}
                  className={`log-line ${line.level ?? ''} ${line.no === found ? 'is-found' : ''}`}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <span className="no" aria-hidden="true">
                    {line.no}
                  </span>
                  <span className="word">
                    {line.level === null || line.level === 'info' ? '' : line.level.toUpperCase()}
                  </span>
                  <span className="text">
                    <Hits text={inertLine(line.text)} search={search} />
                  </span>
                </div>
              );
            })}
          </div>
        </div>
      )}
      <div className="log-foot">
        <span>
          {lines.length === 0
            ? t('log.none')
            : t('log.range', { from: count(lines[0]?.no ?? 0), to: count(lines.at(-1)?.no ?? 0) })}
        </span>
        {lines.length > 0 && <span>{log.window.isEnd ? t('log.ended') : t('log.goesOn')}</span>}
        {log.isReading && <span>{t('common.loading')}</span>}
        <span className="log-steps">
          <Button size="small" onClick={() => goTo(1)}>
            {t('log.toStart')}
          </Button>
          <Button
            size="small"
            onClick={() => {
              log.goToEnd();
              setIsFollowing(true);
            }}
          >
            {t('log.toEnd')}
          </Button>
        </span>
      </div>
    </div>
  );
}

function Hits({ text, search }: { readonly text: string; readonly search: string }) {
  if (search === '') return <>{text}</>;
  return (
    <>
      {splitAtHits(text, search).map((piece) => (piece.isHit ? <mark key={piece.at}>{piece.text}</mark> : piece.text))}
    </>
  );
}
