import type { CommandCall } from '../command-call.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';
import { apiCall } from './api-call.ts';
import type { ApiClient } from './http-api-client.ts';

/** `daybreak audit verify`. */
export async function runAuditCommand(call: CommandCall): Promise<number> {
  const asked = apiCall(call);
  if (asked === null) return 0;
  const { given, api, terminal, json } = asked;
  if (given.positionals.length !== 1 || given.positionals[0] !== 'verify') {
    throw new UsageError('say what is to be done with the audit log: daybreak audit verify');
  }
  const { head } = given.values;
  if (head !== undefined && !/^[0-9a-f]{64}$/.test(head)) {
    throw new UsageError('--head is no hash: it has 64 digits from 0 to f, as an earlier audit verify printed it');
  }
  const verdict = await api.ask('GET /audit/verify');
  // The chain is sound, so a hash that is in it vouches for everything before it.
  const isLost = verdict.problem === null && head !== undefined && !(await isInLog(api, head));
  const problem = isLost
    ? 'the hash that was written down before is not in the log: its end was cut off, or it was made anew'
    : verdict.problem;
  if (json) terminal.document(JSON.stringify({ ...verdict, problem }));
  else if (problem !== null) terminal.say(`the audit log does not hold: ${inert(problem)}`);
  else
    terminal.say(
      `${verdict.entries} entries, each fits the one before it; the newest hash is ${verdict.head ?? 'none'}`,
    );
  return problem === null ? 0 : 3;
}

async function isInLog(api: ApiClient, hash: string): Promise<boolean> {
  for (let after: string | null = ''; after !== null; ) {
    const page: { items: { hash: string }[]; next: string | null } = await api.ask('GET /audit', {
      query: { limit: 200, ...(after === '' ? {} : { after }) },
    });
    if (page.items.some((entry) => entry.hash === hash)) return true;
    after = page.next;
  }
  return false;
}
