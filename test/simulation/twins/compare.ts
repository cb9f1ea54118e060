import type { BodyName } from '../../../scheduler/clockwork.ts';
import { namedRows, namedText } from './named-rows.ts';
import { namesOf, type Pair } from './pair.ts';
import type { Twin } from './twin.ts';

/** Where the two stand apart, in words: rows, requests on their way, figures, and the bodies that were woken. */
export async function compare(pair: Pair, tables: readonly string[]): Promise<string[]> {
  const [one, other] = [await pictureOf(pair.together, tables), await pictureOf(pair.oneByOne, tables)];
  const found = [...one.keys()].flatMap((place) => [
    ...without(one.get(place) ?? [], other.get(place) ?? []).map((line) => `together has in ${place}: ${line}`),
    ...without(other.get(place) ?? [], one.get(place) ?? []).map((line) => `one by one has in ${place}: ${line}`),
  ]);
  return [...found, ...differentWakes(pair)];
}

async function pictureOf(twin: Twin, tables: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await namedRows(twin.ctx.store, tables);
  return new Map([...rows, ['requests', await requestsOf(twin)], ['figures', await figuresOf(twin)]]);
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const n = left.get(line) ?? 0;
    left.set(line, n - 1);
    return n <= 0;
  });
}

async function requestsOf(twin: Twin): Promise<string[]> {
  const names = await namesOf(twin);
  return twin.sent.map(({ address, request, askFirst, sentBeforeTo }) => {
    const { logId, runId = 0, resumesRunId = 0, executorParams, ...rest } = request;
    const named = {
      log: names.attempts.get(logId),
      run: names.runs.get(runId),
      resumes: names.runs.get(resumesRunId),
      param: namedText(executorParams ?? '', names),
    };
    return JSON.stringify({ address, ...named, ...rest, askFirst, sentBeforeTo });
  });
}

/** How many messages and transactions it took is each one's own. */
const FIGURES = [
  'fires_total',
  'fire_lateness_seconds',
  'runs_ended_total',
  'shards_ended_total',
  'dispatches_total',
  'kills_total',
  'callbacks_total',
  'told_total',
  'attempts_lost_total',
  'attempts_expired_total',
];

async function figuresOf({ metrics }: Twin): Promise<string[]> {
  const { body } = await metrics.scrape();
  return body.split('\n').filter((line) => FIGURES.some((name) => line.startsWith(`daybreak_scheduler_${name}`)));
}

/** What has its first attempt when it fires need not be handed out, and what was judged need not be looked at again. */
const SAVED: ReadonlySet<BodyName> = new Set(['dispatch-ready-shards', 'fire-due-jobs']);

function differentWakes({ together, oneByOne }: Pair): string[] {
  const missing = [...oneByOne.woken].filter((body) => !together.woken.has(body) && !SAVED.has(body));
  const more = [...together.woken].filter((body) => !oneByOne.woken.has(body));
  for (const { woken } of [together, oneByOne]) woken.clear();
  return [...missing.map((body) => `together does not wake ${body}`), ...more.map((body) => `together wakes ${body}`)];
}
