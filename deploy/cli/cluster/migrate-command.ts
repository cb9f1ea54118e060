import { migrate, migrationsBehind } from '../../../shared/sql/migrate.ts';
import { type PrintedServer, printMigrations } from '../../../shared/sql/print-migrations.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import type { CommandCall } from '../command-call.ts';
import { EXECUTOR_PART, SCHEDULER_PART, type StorePart } from '../migrate-night-store.ts';
import type { Configured } from '../options/configure.ts';
import type { StoreLocation } from '../options/store-location.ts';
import { UsageError } from '../usage-error.ts';
import { openStore, refuseBesideNight } from './open-cluster-store.ts';
import { secondsOption, storeOption } from './read-settings.ts';
import { configuredCall, runService, type Service } from './run-service.ts';

const PARTS: readonly StorePart[] = [SCHEDULER_PART, EXECUTOR_PART];

/** `daybreak migrate`: the tables of scheduler and executors, applied or printed. */
export async function runMigrateCommand(call: CommandCall): Promise<number> {
  const given = configuredCall(call);
  if (given === null) return 0;
  if (given.switches.has('print')) return printDdl(call, given);
  const location = storeOption(given.values, call.cwd);
  const waitMs = secondsOption(given.values, 'wait', { max: 86_400, default: 0 });
  return runService(call, { waitMs, stopping: 'the statement in hand ends' }, (service) => apply(location, service));
}

async function apply(location: StoreLocation, service: Service): Promise<void> {
  const { logger, say, stop } = service;
  const store = await openStore(location, service);
  try {
    await refuseBesideNight(store, location);
    let applied = 0;
    for (const { component, migrations } of PARTS) {
      stop.throwIfAborted();
      const done = await migrate(store, migrations, { logger, component });
      for (const id of done) say(`applied ${component} ${id}`);
      applied += done.length;
    }
    say(applied === 0 ? `${store.label} has the tables of this version` : `${store.label}: ${applied} applied`);
  } finally {
    await store.close();
  }
}

/** Needs no server: `--store mysql:`, `mariadb:` or `sqlite:` alone says for which one. */
async function printDdl(call: CommandCall, { values }: Configured): Promise<number> {
  const { terminal, cwd } = call;
  const bare = BARE[values.store ?? ''];
  if (bare !== undefined) {
    terminal.document(ddl(bare).trimEnd());
    return 0;
  }
  if (values.store === undefined) {
    throw new UsageError('--store says for which database: mysql:, mariadb: or sqlite: alone, or the URL of one');
  }
  const location = storeOption(values, cwd);
  return runService(
    { ...call, terminal: { ...terminal, say: (line) => terminal.warn(line) } },
    { waitMs: 0, stopping: 'nothing is changed' },
    async (service) => {
      const store = await openStore(location, service);
      try {
        const server = await serverOf(store);
        for (const part of PARTS) {
          const behind = await migrationsBehind(store, part.migrations, part.component);
          const there = part.migrations.filter(({ id }) => !behind.includes(id)).map(({ id }) => id);
          service.say(
            `${part.component}: applied ${there.join(', ') || 'nothing'}; lacks ${behind.join(', ') || 'nothing'}`,
          );
        }
        terminal.document(ddl(server).trimEnd());
      } finally {
        await store.close();
      }
    },
  );
}

const BARE: Readonly<Record<string, PrintedServer>> = {
  'mysql:': 'mysql',
  'mariadb:': 'mariadb',
  'sqlite:': 'sqlite',
};

const ddl = (server: PrintedServer): string =>
  PARTS.map(({ component, migrations }) => printMigrations(migrations, server, component)).join('\n');

async function serverOf(store: SqlStore): Promise<PrintedServer> {
  if (store.dialect === 'sqlite') return 'sqlite';
  const row = await store.read('read-version', (db) => db.get<{ version: string }>('select version() as version'));
  return /mariadb/i.test(row?.version ?? '') ? 'mariadb' : 'mysql';
}
