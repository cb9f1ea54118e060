import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useLanguage, useWording } from '../../app/preferences.ts';
import { Progress } from '../../look/parts.tsx';
import { StateMark, toneOf, useStateWord } from '../../look/state.tsx';
import { useNow } from '../../look/values.tsx';
import { formatDuration, formatInstant, formatRate, formatShort, percentOf } from '../../pure/format.ts';
import { inertLine } from '../../pure/inert-text.ts';
import type { ChainRunDetail } from './tonight.tsx';

/** A definition is drawn as well: its nodes have no run and a picture of their own. */
type RunNode = ChainRunDetail['nodes'][number];
export type Node = Omit<RunNode, 'picture'> & {
  readonly picture: RunNode['picture'] | { readonly kind: 'plan'; readonly group: string; readonly enabled: boolean };
};

export const BOX_HEIGHT = 96;

/** One job of the night: its state, how far or why, and the way to its run. */
export function NodeBox({
  node,
  style,
}: {
  readonly node: Node;
  readonly style: { left: number; top: number; width: number };
}) {
  const word = useStateWord();
  const wording = useWording();
  const state = node.picture.kind === 'run' ? node.picture.state : node.picture.kind;
  const { progress } = node;
  const isOpen = node.runId !== null && node.endedAtMs === null;
  const lines = useNodeLines(node);
  const inside = (
    <>
      <span className="node-name">
        {node.picture.kind !== 'plan' && <StateMark state={state} />}
        <span className="node-job">{inertLine(node.job)}</span>
      </span>
      <span className="node-line">
        <span className="cut">{lines.left === '' ? word(state) : lines.left}</span>
        <span className="nowrap">{lines.right}</span>
      </span>
      {isOpen && progress?.itemsTotal != null && progress.itemsTotal > 0 && (
        <Progress done={progress.itemsDone ?? 0} total={progress.itemsTotal} label={`${node.job}: ${lines.left}`} />
      )}
    </>
  );
  const look = `node tone-${toneOf(state)}`;
  const box = { ...style, height: BOX_HEIGHT };
  const title =
    node.picture.kind === 'run' && node.picture.reason !== null ? inertLine(wording(node.picture.reason)) : undefined;
  if (node.runId === null) {
    return node.jobId === null ? (
      <span className={look} style={box}>
        {inside}
      </span>
    ) : (
      <Link className={look} style={box} to={`/jobs/${node.jobId}`}>
        {inside}
      </Link>
    );
  }
  return (
    <Link className={look} style={box} to={`/runs/${node.runId}`} title={title}>
      {inside}
    </Link>
  );
}

/** Two short texts: how far or why, and how fast or how long. */
function useNodeLines(node: Node): { readonly left: string; readonly right: string } {
  const { t } = useTranslation();
  const language = useLanguage();
  const word = useStateWord();
  const wording = useWording();
  const nowMs = useNow(1_000);
  const { picture, progress, startedAtMs, endedAtMs } = node;
  const until = node.etaAtMs === null ? '' : `~${formatInstant(node.etaAtMs, { language, style: 'clock' })}`;
  if (picture.kind === 'waits') {
    const left =
      picture.for.length > 0 ? t('node.waitsFor', { names: picture.for.map(parentOf).join(', ') }) : t('node.waits');
    return {
      left: node.hold === null ? left : t('node.held'),
      right: until,
    };
  }
  if (picture.kind === 'plan')
    return { left: inertLine(picture.group), right: picture.enabled ? '' : t('state.disabled') };
  if (picture.kind === 'passed_over') return { left: inertLine(wording(picture.why)), right: '' };
  if (picture.kind !== 'run' || startedAtMs === null)
    return { left: node.hold === null ? '' : t('node.held'), right: '' };
  if (endedAtMs !== null)
    return { left: word(picture.state), right: formatDuration(endedAtMs - startedAtMs, language) };
  const span = formatDuration(Math.max(0, nowMs - startedAtMs), language);
  if (progress?.itemsTotal == null) {
    const shards = progress?.shardsTotal;
    return {
      left: shards == null ? word(picture.state) : t('node.shards', { done: progress?.shardsDone ?? 0, total: shards }),
      right: until === '' ? span : until,
    };
  }
  const done = progress.itemsDone ?? 0;
  const left = `${percentOf(done, progress.itemsTotal)}% · ${formatShort(done, language)}/${formatShort(progress.itemsTotal, language)}`;
  const rate =
    progress.itemsPerSecond === null ? '' : t('node.rate', { rate: formatRate(progress.itemsPerSecond, language) });
  return { left, right: [rate, until].filter((part) => part !== '').join(' · ') || span };
}

/** Edges are named `from>to`: what a node waits for is the job that the edge comes from. */
const parentOf = (edge: string): string => inertLine(edge.split('>')[0] ?? edge);
