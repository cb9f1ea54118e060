import type { SchedulerStatus } from '../../../scheduler/status.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import type { CommandCall } from '../command-call.ts';
import { inert, table } from '../screen/table.ts';
import type { Terminal } from '../screen/terminal.ts';
import { duration } from '../screen/words.ts';
import { createOperatorClient } from './http-operator-client.ts';
import { accessTokenOption } from './read-secrets.ts';
import { schedulersOption } from './read-settings.ts';

/** What POST /api/operator/status answers. */
export interface ClusterStatus extends SchedulerStatus {
  readonly nowMs: number;
  readonly chains: readonly string[];
  readonly jobs: readonly { readonly name: string; readonly group: string }[];
}

/** `daybreak status --schedulers URL`: asks the first scheduler that answers. */
export async function showClusterStatus({ given, terminal, cwd }: CommandCall): Promise<number> {
  const operator = createOperatorClient({
    schedulers: schedulersOption(given.values),
    accessToken: accessTokenOption(given, cwd),
    runtime: systemRuntime(),
  });
  const status = await operator.ask<ClusterStatus>('status', {});
  if (given.switches.has('json')) terminal.document(JSON.stringify(status));
  else show(status, terminal);
  return 0;
}

function show(status: ClusterStatus, terminal: Terminal): void {
  const { nowMs } = status;
  const schedulers = status.schedulers.map(({ name, alive, version, lastBeatAtMs }) => [
    inert(name),
    alive ? 'alive' : 'gone',
    inert(version),
    duration(nowMs - lastBeatAtMs),
  ]);
  section(terminal, 'Schedulers', table(['name', 'state', 'version', 'heard ago'], schedulers, LEFT));
  const executors = status.executors.map(({ group, address, state }) => [inert(group), inert(address), state]);
  section(terminal, 'Executors', table(['group', 'address', 'state'], executors, LEFT));
  const chainRuns = status.activeChainRuns.map(({ id, state }) => [String(id), state]);
  section(terminal, 'Chain runs', table(['id', 'state'], chainRuns, LEFT));
  const runs = status.openRuns.map(({ runId, chainRunId, state }) => [String(runId), String(chainRunId ?? '-'), state]);
  section(terminal, 'Open runs', table(['id', 'chain run', 'state'], runs, LEFT));
  terminal.say('');
  terminal.say(`chains   ${inert(status.chains.join(', ')) || 'none'}`);
  terminal.say(`jobs     ${inert(status.jobs.map(({ name }) => name).join(', ')) || 'none'}`);
}

const LEFT: ReadonlySet<number> = new Set([1, 2]);

function section(terminal: Terminal, title: string, lines: readonly string[]): void {
  terminal.say(terminal.style('bold', title));
  for (const line of lines.length > 1 ? lines : ['nothing']) terminal.say(`  ${line}`);
}
