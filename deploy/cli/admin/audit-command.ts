import { ANCHOR_LOST, readAnchor } from '../../../scheduler/admin/audit/verify-audit.ts';
import type { Reply } from '../../../scheduler/api/admin/contract/routes.ts';
import type { CommandCall } from '../command-call.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';
import { apiCall } from './api-call.ts';
import type { ApiClient } from './http-api-client.ts';

type Part = Reply<'GET /audit/verify'>;

/** `daybreak audit verify`. */
export async function runAuditCommand(call: CommandCall): Promise<number> {
  const asked = apiCall(call);
  if (asked === null) return 0;
  const { given, api, terminal, json } = asked;
  if (given.positionals.length !== 1 || given.positionals[0] !== 'verify') {
    throw new UsageError('say what is to be done with the audit log: daybreak audit verify');
  }
  const anchor = anchorOption(given.values);
  const say = (part: Part): void => terminal.warn(`${part.headSeq} of ${part.total} entries fit`);
  const { entries, last } = await verifyInParts(api, anchor, say);
  // The chain is sound, so a hash that is in it vouches for everything before it.
  const isLost = last.problem === null && anchor !== undefined && !last.hasAnchor;
  const { head, headSeq, brokenAt } = last;
  const problem = isLost ? ANCHOR_LOST : last.problem;
  const newest = head === null ? null : `${head}@${headSeq}`;
  if (json) terminal.document(JSON.stringify({ entries, head, anchor: newest, brokenAt, problem }));
  else if (problem !== null) terminal.say(`the audit log does not hold: ${inert(problem)}`);
  else terminal.say(`${entries} entries, each fits the one before it; the newest hash is ${newest ?? 'none'}`);
  return problem === null ? 0 : 3;
}

function anchorOption({ anchor, head }: Readonly<Partial<Record<string, string>>>): string | undefined {
  if (anchor !== undefined && head !== undefined)
    throw new UsageError('--anchor and --head are both given: give one of them');
  const [option, text] = anchor === undefined ? (['head', head] as const) : (['anchor', anchor] as const);
  if (text === undefined) return undefined;
  if (readAnchor(text) === null) {
    throw new UsageError(
      `--${option} is no hash: it has 64 digits from 0 to f, and @NUMBER behind it, as an earlier audit verify printed it`,
    );
  }
  return text;
}

/** No request takes long, however large the log is; what was seen of the anchor stays seen. */
const PART = 20_000;

async function verifyInParts(
  api: ApiClient,
  anchor: string | undefined,
  say: (part: Part) => void,
): Promise<{ readonly entries: number; readonly last: Part }> {
  let [entries, hasAnchor] = [0, false];
  for (let after: string | null = null; ; ) {
    const query = { limit: PART, ...(after === null ? {} : { after }), ...(anchor === undefined ? {} : { anchor }) };
    const part: Part = await api.ask('GET /audit/verify', { query });
    entries += part.entries;
    hasAnchor ||= part.hasAnchor;
    if (part.next === null) return { entries, last: { ...part, hasAnchor } };
    say(part);
    after = part.next;
  }
}
