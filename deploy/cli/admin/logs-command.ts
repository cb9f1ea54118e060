import type { LogPage, Shard } from '../../../scheduler/api/admin/contract/run-routes.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import type { CommandCall } from '../command-call.ts';
import { integerOption } from '../options/read-values.ts';
import { inert } from '../screen/table.ts';
import { listenForStop } from '../stop-signals.ts';
import { UsageError } from '../usage-error.ts';
import { type ApiCall, apiCall, onePositional, runIdOf } from './api-call.ts';
import { shardsOf } from './runs-command.ts';

const LOOK_MS = 1_000;

/** `daybreak logs RUN_ID`: the last attempt of one shard. */
export async function runLogsCommand(call: CommandCall): Promise<number> {
  const asked = apiCall(call);
  if (asked === null) return 0;
  const { given, api, terminal } = asked;
  const runId = runIdOf(onePositional(given, 'RUN_ID', 'daybreak logs 12 --follow'));
  const { shard, lines } = given.values;
  const index = shard === undefined ? null : integerOption('shard', shard, { min: 0, max: 9_999, default: 0 });
  const lastLines = integerOption('lines', lines, { min: 1, max: 2_000, default: 200 });
  const attempt = chooseShard(await shardsOf(api, runId), index)?.attempts.at(-1);
  if (attempt === undefined) {
    throw new UsageError(
      index === null
        ? `run ${runId} has no attempt yet: nothing was handed out, so there is no log`
        : `run ${runId} has no attempt of shard ${index}: daybreak runs ${runId} shows its shards`,
    );
  }
  const stop = listenForStop(() => undefined);
  try {
    let page = await api.ask('GET /logs/:logId', { params: { logId: attempt.logId }, query: { lastLines } });
    show(asked, page);
    if (page.missing && !given.switches.has('follow')) {
      terminal.warn(`daybreak: the executor has no log of it: it has not begun, or the log is past its age`);
    }
    const { sleep } = systemRuntime();
    for (let next = 1; given.switches.has('follow') && !page.isEnd; ) {
      next = Math.max(next, page.toLine + 1);
      await sleep(LOOK_MS, stop.signal);
      const query = { fromLine: next };
      page = await api.ask('GET /logs/:logId', { params: { logId: attempt.logId }, query }, stop.signal);
      show(asked, page);
    }
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return stop.exitCode() ?? 1;
    throw error;
  } finally {
    stop.dispose();
  }
}

/** The one that was asked for; else the first that failed, else the first that anybody worked. */
export function chooseShard(shards: readonly Shard[], index: number | null): Shard | undefined {
  const worked = shards.filter(({ attempts }) => attempts.length > 0);
  if (index !== null) return worked.find((shard) => shard.phase === 'shard' && shard.index === index);
  return worked.find(({ state }) => state === 'failed') ?? worked[0];
}

function show({ terminal, json }: Pick<ApiCall, 'terminal' | 'json'>, { lines }: LogPage): void {
  for (const line of lines) terminal.document(json ? JSON.stringify(line) : inert(line.text));
}
