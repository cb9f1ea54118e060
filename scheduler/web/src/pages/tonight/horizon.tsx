import { useTranslation } from 'react-i18next';
import { useLanguage, useWording } from '../../app/preferences.ts';
import { useNow } from '../../look/values.tsx';
import { judgeOutlook, type NightClock, type Outlook, placeOnBand } from '../../pure/eta.ts';
import { formatCount, formatDuration, formatInstant, formatRate } from '../../pure/format.ts';
import { inertLine } from '../../pure/inert-text.ts';
import { countOpen, standingNode, waitingByLeg } from '../../pure/money-states.ts';
import type { ChainRunDetail, TonightReply } from './tonight.tsx';
import { WhatWaits } from './what-waits.tsx';

/** One sentence on how the night stands to its cut-off, and the night as a band from dusk to daybreak. */
export function Horizon({ data, shown }: { readonly data: TonightReply; readonly shown: ChainRunDetail }) {
  const { run } = shown;
  const nowMs = useNow(1_000);
  const clock: NightClock = {
    nowMs,
    startedAtMs: run.startedAtMs,
    endedAtMs: run.endedAtMs,
    cutOffAtMs: run.cutOffAtMs,
    etaAtMs: shown.etaAtMs,
    isLate: shown.isLate,
    isGood: run.state === 'succeeded',
  };
  const standing = standingNode(shown.nodes);
  const standsStill = standing !== null && waitingByLeg(shown.told).length > 0;
  return (
    <section className="panel horizon">
      <Say outlook={judgeOutlook(clock)} reason={run.reason} standsStill={standsStill} />
      {standsStill && <WhatWaits told={shown.told} group={standing.group} />}
      <Band clock={clock} />
      {!standsStill && <AllSent shown={shown} />}
      <Figures data={data} shown={shown} />
    </section>
  );
}

function Say({
  outlook,
  reason,
  standsStill,
}: {
  readonly outlook: Outlook;
  readonly reason: string | null;
  readonly standsStill: boolean;
}) {
  const { t } = useTranslation();
  const language = useLanguage();
  const wording = useWording();
  const clock = (atMs: number) => formatInstant(atMs, { language, style: 'clock' });
  const span = (ms: number) => {
    const unitMs = ms < 60_000 ? 1_000 : 60_000;
    return formatDuration(Math.max(1_000, Math.round(ms / unitMs) * unitMs), language);
  };
  const say = (): readonly [string, string] => {
    switch (outlook.kind) {
      case 'ended':
        return [
          t(outlook.good ? 'outlook.endedGood' : 'outlook.endedBad', { at: clock(outlook.atMs) }),
          outlook.sparesMs === null
            ? ''
            : t(outlook.sparesMs >= 0 ? 'outlook.spared' : 'outlook.over', { span: span(Math.abs(outlook.sparesMs)) }),
        ];
      case 'on_time':
        return [
          t('outlook.onTime', { at: clock(outlook.atMs) }),
          t('outlook.willSpare', { span: span(outlook.sparesMs) }),
        ];
      case 'late':
        return [
          t('outlook.late', { at: clock(outlook.atMs) }),
          t('outlook.willBeOver', { span: span(outlook.overMs) }),
        ];
      case 'past_cut_off':
        return [t('outlook.past', { span: span(outlook.overMs) }), ''];
      case 'no_cut_off':
        return [t('outlook.noCutOff', { at: clock(outlook.atMs) }), ''];
      case 'unknown':
        return [
          t(outlook.late ? 'outlook.unknownLate' : standsStill ? 'outlook.standsStill' : 'outlook.unknown'),
          outlook.leftMs === null ? '' : t('outlook.left', { span: span(outlook.leftMs) }),
        ];
    }
  };
  const [first, second] = say();
  return (
    <p className="horizon-say" aria-live="polite">
      {first}
      <small>{[second, inertLine(wording(reason ?? ''))].filter((part) => part !== '').join(' · ')}</small>
    </p>
  );
}

/** What the estimate is of: of the sending. What is in the air is found out about for as long as it takes. */
function AllSent({ shown }: { readonly shown: ChainRunDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { inTheAir } = countOpen(shown.told);
  if (inTheAir === 0 || shown.run.endedAtMs !== null) return null;
  return (
    <p className="soft small">{t('outlook.inTheAir', { count: inTheAir, shown: formatCount(inTheAir, language) })}</p>
  );
}

/** What a text beside a flag takes of a narrow band. */
const TEXT_WIDTH = 0.22;

function Band({ clock }: { readonly clock: NightClock }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const place = placeOnBand(clock);
  const text = (atMs: number) => formatInstant(atMs, { language, style: 'clock' });
  const percent = (part: number) => `${(part * 100).toFixed(2)}%`;
  // Texts near the right edge end at their flag instead of beginning there.
  const at = (part: number) => (part > 0.62 ? { right: `${((1 - part) * 100).toFixed(2)}%` } : { left: percent(part) });
  const isNear = (one: number | null, other: number) => one !== null && Math.abs(one - other) < TEXT_WIDTH;
  // Beside one another they would lie on one another: then the cut-off stands below, where the start and the estimate do.
  const isCutOffBelow = isNear(place.cutOff, place.now);
  return (
    <div className="band" aria-hidden="true">
      <div className="band-track">
        <div className="band-sky" />
        <div className="band-done" style={{ clipPath: `inset(0 ${percent(1 - place.now)} 0 0)` }} />
      </div>
      {!(isCutOffBelow && isNear(place.cutOff, 0)) && (
        <div className="band-text below" style={{ left: 0 }}>
          {t('band.start')} <b>{text(clock.startedAtMs)}</b>
        </div>
      )}
      <div className="band-flag" style={{ left: percent(place.now) }} />
      <div className="band-text above" style={at(place.now)}>
        {clock.endedAtMs === null ? t('band.now') : t('band.end')} <b>{text(clock.endedAtMs ?? clock.nowMs)}</b>
      </div>
      {place.eta !== null && clock.etaAtMs !== null && Math.abs(place.eta - place.now) > 0.02 && (
        <>
          <div className="band-flag eta" style={{ left: percent(place.eta) }} />
          {!isNear(place.eta, 0) && !(isCutOffBelow && isNear(place.cutOff, place.eta)) && (
            <div className="band-text below" style={at(place.eta)}>
              {t('band.eta')} <b>{text(clock.etaAtMs)}</b>
            </div>
          )}
        </>
      )}
      {place.cutOff !== null && clock.cutOffAtMs !== null && (
        <>
          <div className="band-flag cut-off" style={{ left: percent(place.cutOff) }} />
          <div className={`band-text cut-off ${isCutOffBelow ? 'below' : 'above'}`} style={at(place.cutOff)}>
            {t('band.cutOff')} <b>{text(clock.cutOffAtMs)}</b>
          </div>
        </>
      )}
    </div>
  );
}

function Figures({ data, shown }: { readonly data: TonightReply; readonly shown: ChainRunDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const told = shown.nodes.flatMap(({ progress }) => (progress === null ? [] : [progress]));
  const sum = (pick: (progress: (typeof told)[number]) => number | null) =>
    told.reduce((total, progress) => total + (pick(progress) ?? 0), 0);
  const running = shown.nodes.filter(({ endedAtMs, runId }) => runId !== null && endedAtMs === null);
  const rate = running.reduce((total, { progress }) => total + (progress?.itemsPerSecond ?? 0), 0);
  const count = (n: number) => formatCount(n, language);
  const alive = data.executors.filter(({ state }) => state === 'alive').length;
  const open = countOpen(shown.told);
  const isAsked = told.some(({ itemsOpen }) => itemsOpen !== null);
  const figures: readonly (readonly [string, string])[] = [
    [t('figure.items', { total: count(sum((p) => p.itemsTotal)) }), count(sum((p) => p.itemsDone))],
    // Four states, four figures, which with those done are all: what is not sent, what is out, what follows by itself, and what waits for people.
    ...(open.notSent > 0 ? [[t('figure.notSent'), count(open.notSent)] as const] : []),
    ...(isAsked || open.inTheAir > 0 ? [[t('figure.inTheAir'), count(open.inTheAir)] as const] : []),
    ...(open.nextTry > 0 ? [[t('figure.nextTry'), count(open.nextTry)] as const] : []),
    ...(open.withPeople > 0 ? [[t('figure.withPeople'), count(open.withPeople)] as const] : []),
    [t('figure.rate'), rate > 0 ? formatRate(rate, language) : '–'],
    [t('figure.slices'), `${count(sum((p) => p.slicesDone))} / ${count(sum((p) => p.slicesTotal))}`],
    [t('figure.inFlight'), count(data.inFlight.length)],
    [
      t('figure.runs', { waiting: count(data.openRuns.waiting) }),
      count(data.openRuns.running + data.openRuns.dispatched),
    ],
    [t('figure.executors'), `${count(alive)} / ${count(data.executors.length)}`],
  ];
  return (
    <div className="figures">
      {figures.map(([label, value]) => (
        <div className="figure" key={label}>
          <b>{value}</b>
          <span>{label}</span>
        </div>
      ))}
    </div>
  );
}
