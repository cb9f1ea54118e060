import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { onConnectionChange, shownAsOfMs } from '../api/connection.ts';
import { useLanguage, useWording } from '../app/preferences.ts';
import { formatDuration, formatInstant } from '../pure/format.ts';
import { inertLine } from '../pure/inert-text.ts';

/** What a program or a person wrote: as text, and without what text can do to its surroundings. */
export function Inert({ text, className = '' }: { readonly text: string; readonly className?: string }) {
  return <bdi className={`inert ${className}`}>{inertLine(text)}</bdi>;
}

/** A sentence that the server worded: why something waits or failed, what is wrong with a field. */
export function Said({ text, className = '' }: { readonly text: string; readonly className?: string }) {
  return <Inert text={useWording()(text)} className={className} />;
}

type Style = 'minute' | 'second' | 'clock' | 'exact' | 'day';
export function Instant({ atMs, style = 'minute' }: { readonly atMs: number | null; readonly style?: Style }) {
  const language = useLanguage();
  if (atMs === null) return <span className="soft">–</span>;
  return (
    <time className="nowrap" dateTime={new Date(atMs).toISOString()} title={new Date(atMs).toISOString()}>
      {formatInstant(atMs, { language, style })}
    </time>
  );
}

export function Duration({ ms }: { readonly ms: number | null }) {
  const language = useLanguage();
  if (ms === null) return <span className="soft">–</span>;
  return <span className="nowrap">{formatDuration(Math.max(0, ms), language)}</span>;
}

/** So far from now nobody counts: then it is a date. */
const FAR_MS = 60 * 86_400_000;

/** How long ago something was, or in how long it will be. */
export function Ago({ atMs }: { readonly atMs: number | null }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const nowMs = useNow(1_000);
  if (atMs === null) return <span className="soft">–</span>;
  // Seconds count only while it is fresh.
  const past = Math.abs(nowMs - atMs);
  const unit = past < 60_000 ? 1_000 : 60_000;
  const span = formatDuration(Math.floor(past / unit) * unit, language);
  if (past > FAR_MS) return <Instant atMs={atMs} style="day" />;
  return (
    <time className="nowrap" dateTime={new Date(atMs).toISOString()} title={formatInstant(atMs, { language })}>
      {past < 1_000 ? t('time.now') : atMs <= nowMs ? t('time.ago', { span }) : t('time.in', { span })}
    </time>
  );
}

let skewMs = 0;
/** The page counts by the clock of the store, which is told with what every place reads; without an answer it stands still. */
export const setServerNow = (nowMs: number): void => {
  skewMs = nowMs - Date.now();
};
export const serverNow = (): number => shownAsOfMs() + skewMs;

export function useNow(everyMs: number): number {
  const [nowMs, setNowMs] = useState(serverNow);
  useEffect(() => {
    const tell = () => setNowMs(serverNow());
    const timer = setInterval(tell, everyMs);
    // It stands still from the instant at which that is said, not from its next tick on.
    const end = onConnectionChange(tell);
    return () => {
      clearInterval(timer);
      end();
    };
  }, [everyMs]);
  return nowMs;
}
