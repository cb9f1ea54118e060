import type { Reply } from '../../../scheduler/api/admin/contract/routes.ts';
import { inert, table } from '../screen/table.ts';
import { duration } from '../screen/words.ts';
import { UsageError } from '../usage-error.ts';
import type { ApiCall } from './api-call.ts';
import { instant } from './jobs-command.ts';

type JobForecast = Reply<'POST /jobs/:jobId/dry-run'>;
type ChainForecast = Reply<'POST /chains/:chain/dry-run'>;

export interface DryRunOrder {
  readonly name: string;
  /** Null: it is a chain. */
  readonly jobId: number | null;
  readonly businessDate: string | undefined;
  readonly param: string | undefined;
}

/** `daybreak trigger NAME --dry-run`: what would happen. */
export async function tellDryRun(
  { api, terminal, json }: Pick<ApiCall, 'api' | 'terminal' | 'json'>,
  { name, jobId, businessDate, param }: DryRunOrder,
): Promise<number> {
  if (jobId !== null) {
    const forecast = await api.ask('POST /jobs/:jobId/dry-run', {
      params: { jobId },
      body: { ...(param === undefined ? {} : { param }), ...(businessDate === undefined ? {} : { businessDate }) },
    });
    if (json) terminal.document(JSON.stringify(forecast));
    else for (const line of jobLines(name, forecast)) terminal.say(line);
    return 0;
  }
  if (businessDate === undefined) throw new UsageError(needsDate(name));
  const forecast = await api.ask('POST /chains/:chain/dry-run', {
    params: { chain: name },
    body: { businessDate, ...(param === undefined ? {} : { params: param }) },
  });
  if (json) terminal.document(JSON.stringify(forecast));
  else for (const line of chainLines(name, forecast)) terminal.say(line);
  return 0;
}

export const needsDate = (name: string): string =>
  `there is no job "${inert(name)}"; if it is a chain, give --date YYYY-MM-DD`;

const OUTCOMES = {
  goes: 'would go at once',
  waits: 'would wait',
  discarded: 'would be discarded',
  ends_others_first: 'would end what still runs, and then go',
} as const;

const verdict = ({ outcome, reason }: JobForecast['run']): string =>
  `${OUTCOMES[outcome]}${reason === null ? '' : `: ${inert(reason)}`}`;

const held = (because: string | null): string[] =>
  because === null ? [] : [`it would be refused without --despite-hold: ${inert(because)}`];

function jobLines(name: string, { businessDate, heldBecause, run, usualMs, children }: JobForecast): string[] {
  const shards = run.shards.map((shard) => [
    shard.name,
    inert(shard.executor ?? 'whoever has room'),
    shard.leaves === 'at_once' ? 'at once' : 'later',
    inert(shard.param),
  ]);
  const follow = children.map(
    ({ name: child, after, on, enabled }) =>
      `then ${inert(child)}, ${on === 'always' ? 'at any end' : `at the ${on}`} of ${inert(after)}${enabled ? '' : ' (it is disabled)'}`,
  );
  return [
    `${inert(name)} for ${businessDate} ${verdict(run)}`,
    ...held(heldBecause),
    ...(shards.length === 0 ? [] : table(['shard', 'executor', 'leaves', 'parameter'], shards, new Set([1, 2, 3]))),
    ...((run.shardTotal ?? 0) > shards.length ? [`and ${(run.shardTotal ?? 0) - shards.length} more shards`] : []),
    ...(usualMs === null ? [] : [`it usually takes ${duration(usualMs)}`]),
    ...follow,
    NOTHING,
  ];
}

function chainLines(name: string, forecast: ChainForecast): string[] {
  const { businessDate, heldBecause, nodes, etaAtMs, cutOffAtMs, isLate } = forecast;
  const rows = nodes.map((node) => [
    inert(node.job),
    node.outcome.replace('_', ' '),
    node.startAtMs === null ? '-' : instant(node.startAtMs),
    node.endAtMs === null ? '-' : instant(node.endAtMs),
    inert(node.run === null ? (node.heldBecause ?? node.why ?? '') : verdict(node.run)),
  ]);
  const eta = etaAtMs === null ? 'not known: one of its jobs has not run yet' : instant(etaAtMs);
  const cutOff =
    cutOffAtMs === null ? '' : `; the cut-off is ${instant(cutOffAtMs)}${isLate ? ', so it would be late' : ''}`;
  return [
    `${inert(name)} for ${businessDate}: done ${eta}${cutOff}`,
    ...held(heldBecause),
    ...table(['job', 'outcome', 'begins', 'ends', 'why'], rows, new Set([1, 2, 3, 4])),
    NOTHING,
  ];
}

const NOTHING = 'nothing of this has happened';
