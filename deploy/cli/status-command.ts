import { viewChainRun } from '../../scheduler/chain/chain-run-view.ts';
import { viewStatus } from '../../scheduler/status.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { CommandCall } from './command-call.ts';
import { askOrOpen } from './owner/ask-or-open.ts';
import { inert, table } from './screen/table.ts';
import type { Terminal } from './screen/terminal.ts';
import { duration, grouped, localTime, money } from './screen/words.ts';
import { type StatusDocument, statusDocument } from './status-document.ts';
import { whereOptions } from './where-options.ts';

/** `daybreak status`: asks the night that runs, reads the store, or asks a cluster. */
export async function runStatusCommand(call: CommandCall): Promise<number> {
  const { given, terminal, cwd } = call;
  if (asksCluster(given)) return (await import('./cluster/cluster-status.ts')).showClusterStatus(call);
  const { store: location } = whereOptions(given, cwd);
  const label = location.kind === 'sqlite' ? location.url : location.label;
  let isThere = true;
  const document = await askOrOpen<StatusDocument>({
    location,
    action: 'status',
    body: {},
    open: async (store) => statusDocument(store, location.kind === 'mysql' ? await workInSharedStore(store) : NOTHING),
    absent: () => {
      isThere = false;
      return { store: label, nowMs: Date.now(), ...NOTHING, open: [], money: [], nights: [] };
    },
  });
  if (given.switches.has('json')) terminal.document(JSON.stringify(document));
  else {
    // A mistyped folder looks like a quiet night.
    if (!isThere)
      terminal.warn(`daybreak: nothing was ever run here, ${inert(label)} is not there: --home names another folder`);
    showStatus(document, terminal);
  }
  return 0;
}

/** A store that was typed is meant, whatever the environment says of a cluster. */
function asksCluster({ values, fromEnv }: CommandCall['given']): boolean {
  const typed = (name: string): boolean => values[name] !== undefined && !fromEnv.has(name);
  return typed('schedulers') || (values.schedulers !== undefined && !typed('store') && !typed('home'));
}

const NOTHING = { running: null, chain: null } as const;

/** A shared store is not held by who looks into it: its lock says whether a night runs, and its tables how far that is. */
async function workInSharedStore(store: SqlStore): Promise<Pick<StatusDocument, 'running' | 'chain'>> {
  const { readHolder } = await import('./owner/mysql-store-lock.ts');
  const holder = await readHolder(store);
  if (holder === null) return NOTHING;
  const [active] = (await viewStatus(store)).activeChainRuns;
  return {
    running: { pid: holder.pid, startedAtMs: holder.startedAtMs, command: holder.command },
    chain: active === undefined ? null : await store.read('view-chain-run', (db) => viewChainRun(db, active.id)),
  };
}

function showStatus(document: StatusDocument, terminal: Terminal): void {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  terminal.say(`store    ${inert(document.store)}`);
  const { running } = document;
  if (running === null) terminal.say('running  nothing');
  else {
    terminal.say(
      `running  process ${running.pid} since ${localTime(running.startedAtMs, zone)}: ${inert(running.command)}`,
    );
  }
  for (const line of chainLines(document.chain)) terminal.say(line);
  section(terminal, 'Open', openTable(document));
  section(
    terminal,
    `Money of the latest night${document.nights[0] === undefined ? '' : `, ${document.nights[0].businessDate}`}`,
    moneyTable(document),
  );
  section(terminal, 'Last nights', nightsTable(document));
}

function section(terminal: Terminal, title: string, lines: readonly string[]): void {
  terminal.say('');
  terminal.say(terminal.style('bold', title));
  for (const line of lines.length > 1 ? lines : ['nothing']) terminal.say(`  ${line}`);
}

function openTable({ open, nowMs }: StatusDocument): string[] {
  return table(
    ['leg', 'reason', 'currency', 'items', 'amount', 'open for'],
    open.map((row) => [
      row.leg,
      row.reason,
      row.currency,
      grouped(row.count),
      money(row.amountMinor, row.currency),
      duration(nowMs - row.oldestOpenedAtMs),
    ]),
    new Set([1, 2]),
  );
}

function moneyTable(document: StatusDocument): string[] {
  return table(
    ['leg', 'currency', 'state', 'items', 'amount'],
    document.money.map((row) => [
      row.leg,
      row.currency,
      row.state,
      grouped(row.count),
      money(row.amountMinor, row.currency),
    ]),
    new Set([1, 2]),
  );
}

function nightsTable({ nights }: StatusDocument): string[] {
  return table(
    ['date', 'no', 'gateway', 'started', 'cut-off', 'ended with'],
    nights.map((night) => [
      night.businessDate,
      String(night.seq),
      inert(night.gatewayOrigin ?? '-'),
      localTime(night.startedAtMs, night.timeZone),
      localTime(night.cutOffAtMs, night.timeZone),
      night.exitCode === null ? 'not ended' : String(night.exitCode),
    ]),
    new Set([2, 3, 4]),
  );
}

interface ShownChain {
  readonly runs?: readonly {
    readonly job?: string;
    readonly state?: string;
    readonly shards?: readonly { readonly state?: string }[];
  }[];
}

/** The runs of the chain with how many of their shards are back. */
function chainLines(chain: unknown): string[] {
  if (typeof chain !== 'object' || chain === null) return [];
  const { runs = [] } = chain as ShownChain;
  return runs.map((run) => {
    const shards = run.shards ?? [];
    const back = shards.filter((shard) => shard.state === 'succeeded').length;
    return `         ${inert(run.job ?? '?')} ${run.state ?? ''}${shards.length === 0 ? '' : `, ${back} of ${shards.length} shards back`}`;
  });
}
