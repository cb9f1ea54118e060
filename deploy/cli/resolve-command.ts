import type { HandResolution } from '../../executor/downstream/money-engine.ts';
import type { CommandCall } from './command-call.ts';
import type { Given } from './options/parse-command-line.ts';
import { wordOption } from './options/read-values.ts';
import { askOrOpen } from './owner/ask-or-open.ts';
import { resolveInStore } from './resolve-in-store.ts';
import type { Resolved } from './resolve-item.ts';
import { inert } from './screen/table.ts';
import { localTime } from './screen/words.ts';
import { UsageError } from './usage-error.ts';
import { whereOptions } from './where-options.ts';

/** `daybreak resolve`: by the night that runs, or in the store itself. */
export async function runResolveCommand({ given, terminal, cwd }: CommandCall): Promise<number> {
  const request = resolution(given);
  const { store: location } = whereOptions(given, cwd);
  const resolved = await askOrOpen<Resolved>({
    location,
    action: 'resolve',
    body: request,
    open: (store) => resolveInStore(store, request),
    absent: () => {
      throw new UsageError(
        `no night was ever run in ${location.kind === 'sqlite' ? location.url : location.label}: name the store with --home or --store`,
      );
    },
  });
  if (given.switches.has('json')) {
    terminal.document(JSON.stringify(resolved));
    return 0;
  }
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  terminal.say(`${inert(resolved.requestNo)} is ${resolved.state} now`);
  for (const event of resolved.history) terminal.say(`  ${localTime(event.atMs, zone)}  ${inert(event.what)}`);
  return 0;
}

function resolution({ values, positionals }: Given): HandResolution {
  const [requestNo, ...more] = positionals;
  if (requestNo === undefined || more.length > 0) {
    throw new UsageError(
      'give one REQUEST_NO: daybreak resolve REQUEST_NO --as success|failed|retry --by NAME --approved-by NAME --reason TEXT',
    );
  }
  const as = wordOption('as', text(values, 'as', 32), ['success', 'failed', 'retry'] as const);
  const by = text(values, 'by', 64);
  const approvedBy = text(values, 'approved-by', 64);
  const reason = text(values, 'reason', 4_000);
  // Compared as people read them: the same name in other letters is the same person.
  if (by.toLowerCase() === approvedBy.toLowerCase()) {
    throw new UsageError(`--by and --approved-by are both "${inert(by)}": a second person has to approve it`);
  }
  return { requestNo, as, by, approvedBy, reason };
}

function text(values: Given['values'], name: string, max: number): string {
  const value = values[name]?.trim().normalize('NFC') ?? '';
  if (value === '') throw new UsageError(`--${name} is missing or empty: it is kept with the resolution`);
  if (value.length > max) throw new UsageError(`--${name} is longer than ${max} characters`);
  return value;
}
