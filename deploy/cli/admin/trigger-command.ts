import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import type { CommandCall } from '../command-call.ts';
import { dateOption } from '../options/read-values.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';
import { apiCall, onePositional } from './api-call.ts';
import { needsDate, tellDryRun } from './dry-run.ts';
import { jobNamed } from './jobs-command.ts';

/** `daybreak trigger NAME`: a job of that name, else a chain. */
export async function runTriggerCommand(call: CommandCall): Promise<number> {
  const asked = apiCall(call);
  if (asked === null) return 0;
  const { given, api, terminal, json } = asked;
  const name = onePositional(given, 'NAME, of a job or a chain,', 'daybreak trigger import-plans');
  const { date, param } = given.values;
  const requestId = given.values['request-id'] ?? `cli-${systemRuntime().random.ulid()}`;
  if (requestId.length > 100) throw new UsageError('--request-id has more than 100 characters');
  const businessDate = date === undefined ? undefined : dateOption('date', date);
  const despiteHold = given.switches.has('despite-hold');
  const job = await jobNamed(api, name);
  if (given.switches.has('dry-run')) {
    return tellDryRun({ api, terminal, json }, { name, jobId: job?.id ?? null, businessDate, param });
  }
  if (job !== null) {
    const { runId, created } = await api.ask('POST /jobs/:jobId/run', {
      params: { jobId: job.id },
      body: {
        requestId,
        despiteHold,
        ...(param === undefined ? {} : { param }),
        ...(businessDate === undefined ? {} : { businessDate }),
      },
    });
    if (json) terminal.document(JSON.stringify({ runId, created, requestId }));
    else terminal.say(`${inert(name)} runs: run ${runId}${again(created)}, request id ${inert(requestId)}`);
    return 0;
  }
  if (businessDate === undefined) {
    throw new UsageError(needsDate(name));
  }
  const { chainRunId, created } = await api.ask('POST /chains/:chain/start', {
    params: { chain: name },
    body: { requestId, businessDate, despiteHold, ...(param === undefined ? {} : { params: param }) },
  });
  if (json) terminal.document(JSON.stringify({ chainRunId, created, requestId }));
  else
    terminal.say(`${inert(name)} is started: chain run ${chainRunId}${again(created)}, request id ${inert(requestId)}`);
  return 0;
}

const again = (created: boolean): string => (created ? '' : ' (it was there before with this request id)');
