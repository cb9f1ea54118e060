import type { CommandCall } from '../command-call.ts';
import { UsageError } from '../usage-error.ts';
import { apiCall, onePositional, runIdOf } from './api-call.ts';

/** `daybreak kill RUN_ID --reason TEXT`. */
export async function runKillCommand(call: CommandCall): Promise<number> {
  const asked = apiCall(call);
  if (asked === null) return 0;
  const { given, api, terminal, json } = asked;
  const runId = runIdOf(onePositional(given, 'RUN_ID', 'daybreak kill 12 --reason "wrong file"'));
  const { reason } = given.values;
  if (reason === undefined) throw new UsageError('--reason is missing: say why, for the record');
  const { killed } = await api.ask('POST /runs/:runId/kill', { params: { runId }, body: { reason } });
  if (json) terminal.document(JSON.stringify({ runId, killed }));
  else terminal.say(killed ? `run ${runId} is ended` : `run ${runId} had ended before`);
  return 0;
}
