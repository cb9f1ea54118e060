import type { ChainRunView } from '../../../scheduler/chain/chain-run-view.ts';
import type { RunView } from '../../../scheduler/run/run-view.ts';
import { isDaybreakError } from '../../../shared/errors.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import { inert } from '../screen/table.ts';
import type { Terminal } from '../screen/terminal.ts';
import { duration, grouped } from '../screen/words.ts';
import type { OperatorClient } from './http-operator-client.ts';

/** What was fired. */
export interface Fired {
  readonly kind: 'chain' | 'job';
  readonly id: number;
  readonly created: boolean;
}

export interface WaitOptions {
  readonly operator: OperatorClient;
  readonly runtime: Pick<Runtime, 'sleep'>;
  readonly terminal: Terminal;
  readonly stop: AbortSignal;
  readonly json: boolean;
}

const LOOK_EVERY_MS = 500;

/** Shows where the run stands, a line when that changes, until it has ended; returns the code that says how. */
export async function waitForEnd(fired: Fired, options: WaitOptions): Promise<number> {
  const { operator, runtime, terminal, stop, json } = options;
  let shown = '';
  let silent = false;
  for (;;) {
    const view = await look(fired, operator, stop);
    if (view === null) {
      // They may be restarting: the run does not depend on us.
      if (!silent) terminal.warn('daybreak: no scheduler answers just now; the run is asked for again');
      silent = true;
    } else {
      silent = false;
      const line = progressOf(view);
      if (line !== shown) terminal.say(line);
      shown = line;
      if (view.endedAtMs !== null) {
        for (const text of endOf(view)) terminal.say(text);
        if (json) terminal.document(JSON.stringify(view));
        return exitCodeOf(view);
      }
    }
    await runtime.sleep(LOOK_EVERY_MS, stop);
  }
}

type View = ChainRunView | RunView;

async function look(fired: Fired, operator: OperatorClient, stop: AbortSignal): Promise<View | null> {
  try {
    const verb = fired.kind === 'chain' ? 'chain-run' : 'run';
    return await operator.ask<View>(verb, { id: fired.id }, stop);
  } catch (error) {
    if (isDaybreakError(error, 'SCHEDULER_UNREACHABLE')) return null;
    throw error;
  }
}

const runsOf = (view: View): readonly RunView[] => ('runs' in view ? view.runs : [view]);

/** `running: import-plans succeeded, premium-debit running 1,200/3,400`. */
export function progressOf(view: View): string {
  const runs = runsOf(view).map((run) => `${run.job} ${run.state}${figuresOf(run)}`);
  return inert(`${view.state}: ${runs.join(', ') || 'nothing has begun yet'}`);
}

function figuresOf({ manifest, totalsTold, state }: RunView): string {
  if (manifest === null || state === 'succeeded') return '';
  const sum = (totals: RunView['totalsTold']): number => totals.reduce((all, { count }) => all + Number(count), 0);
  return ` ${grouped(sum(totalsTold))}/${grouped(sum(manifest.totals))}`;
}

function endOf(view: View): string[] {
  const tookMs = (view.endedAtMs ?? view.createdAtMs) - view.createdAtMs;
  const why = view.reason === null ? '' : `: ${view.reason}`;
  const results = runsOf(view)
    .filter(({ result }) => typeof result === 'object' && result !== null && 'exitCode' in result)
    .map(({ job, result }) => `${job}: ${JSON.stringify(result)}`);
  return [`${view.state} after ${duration(tookMs)}${why}`, ...results].map(inert);
}

/**
 * A node may say in its result with which code its work ended, as the settlement's reconciliation does. That money does not
 * add up fails it, and is told from every other failure.
 */
export function exitCodeOf(view: View): number {
  if (view.state !== 'succeeded') return runsOf(view).some(isNotConserved) ? 4 : 5;
  const said = runsOf(view).flatMap(({ result }) =>
    typeof result === 'object' && result !== null && 'exitCode' in result ? [result.exitCode] : [],
  );
  const code = said.find((one) => one !== 0) ?? 0;
  return typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 125 ? code : 5;
}

const isNotConserved = ({ result }: RunView): boolean =>
  (result as { error?: { code?: unknown } } | null)?.error?.code === 'CONSERVATION_BROKEN';
