import { userInfo } from 'node:os';
import { isDaybreakError } from '../../../shared/errors.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import type { CommandCall } from '../command-call.ts';
import type { Configured } from '../options/configure.ts';
import { dateOption, integerOption } from '../options/read-values.ts';
import { inert } from '../screen/table.ts';
import { listenForStop } from '../stop-signals.ts';
import { UsageError } from '../usage-error.ts';
import { createOperatorClient, type OperatorClient } from './http-operator-client.ts';
import { accessTokenOption } from './read-secrets.ts';
import { schedulersOption } from './read-settings.ts';
import { configuredCall } from './run-service.ts';
import { type Fired, waitForEnd } from './wait-for-end.ts';

/** What is asked for, checked. */
export interface FireOrder {
  readonly name: string;
  readonly businessDate?: string;
  /** JSON; absent: each job's own. */
  readonly param?: string;
  readonly requestId: string;
  readonly cutOffAfterMs?: number;
  readonly by: string;
}

/** `daybreak fire NAME`: starts a chain or a job of a cluster, and with --wait ends as that ends. */
export async function runFireCommand(call: CommandCall): Promise<number> {
  const { terminal, cwd } = call;
  const given = configuredCall(call);
  if (given === null) return 0;
  const runtime = systemRuntime();
  const order = fireOrder(given, `cli-${runtime.random.ulid()}`);
  const operator = createOperatorClient({
    schedulers: schedulersOption(given.values),
    accessToken: accessTokenOption(given, cwd),
    runtime,
  });
  const stop = listenForStop(() => terminal.warn('daybreak: not waiting any more; the run goes on'));
  try {
    const fired = await fire(operator, order, stop.signal);
    const again = fired.created ? '' : ' (it was fired before with this request id)';
    const what = fired.kind === 'chain' ? `chain run ${fired.id}` : `run ${fired.id}`;
    terminal.say(`${inert(order.name)} is fired: ${what}${again}, request id ${inert(order.requestId)}`);
    if (given.switches.has('wait'))
      return await waitForEnd(fired, {
        operator,
        runtime,
        terminal,
        stop: stop.signal,
        json: given.switches.has('json'),
      });
    if (given.switches.has('json')) terminal.document(JSON.stringify(fired));
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return stop.exitCode() ?? 1;
    throw error;
  } finally {
    stop.dispose();
  }
}

/** A chain of that name, else a job. */
async function fire(operator: OperatorClient, order: FireOrder, signal: AbortSignal): Promise<Fired> {
  const { name, cutOffAfterMs, ...common } = order;
  try {
    const { chainRunId, created } = await operator.ask<{ chainRunId: number; created: boolean }>(
      'start-chain',
      { chain: name, ...common, ...(cutOffAfterMs === undefined ? {} : { cutOffAfterMs }) },
      signal,
    );
    return { kind: 'chain', id: chainRunId, created };
  } catch (error) {
    if (!isDaybreakError(error, 'NOT_FOUND')) throw error;
  }
  if (cutOffAfterMs !== undefined) {
    throw new UsageError(`there is no chain "${inert(name)}", and --cut-off-minutes is for chains`);
  }
  try {
    const { runId, created } = await operator.ask<{ runId: number; created: boolean }>(
      'trigger-job',
      { job: name, ...common },
      signal,
    );
    return { kind: 'job', id: runId, created };
  } catch (error) {
    if (!isDaybreakError(error, 'NOT_FOUND')) throw error;
    throw new UsageError(`there is no chain or job "${inert(name)}": daybreak status --schedulers URL lists them`, {
      cause: error,
    });
  }
}

function fireOrder({ values, lists, positionals }: Configured, newRequestId: string): FireOrder {
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    throw new UsageError('daybreak fire needs one NAME, of a chain or a job: daybreak fire nightly-settlement --wait');
  }
  const requestId = values['request-id'] ?? newRequestId;
  if (requestId.length > 100) throw new UsageError('--request-id has more than 100 characters');
  const by = values.by ?? userInfo().username;
  if (by.trim() === '' || by.length > 64) throw new UsageError('--by must be a name of 1 to 64 characters');
  const minutes = values['cut-off-minutes'];
  return {
    name,
    ...(values.date === undefined ? {} : { businessDate: dateOption('date', values.date) }),
    ...paramOption(lists.param ?? []),
    requestId,
    ...(minutes === undefined
      ? {}
      : {
          cutOffAfterMs: integerOption('cut-off-minutes', minutes, { min: 1, max: 100_000, default: 1 }) * 60_000,
        }),
    by,
  };
}

function paramOption(pairs: readonly string[]): { readonly param?: string } {
  if (pairs.length === 0) return {};
  const fields = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--param "${inert(pair)}" is no KEY=VALUE: write --param plans=/data/plans.csv`);
    if (fields.has(pair.slice(0, at))) throw new UsageError(`--param ${inert(pair.slice(0, at))} is given twice`);
    fields.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return { param: JSON.stringify(Object.fromEntries(fields)) };
}
