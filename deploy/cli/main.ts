import { DaybreakError, messageOf } from '../../shared/errors.ts';
import type { CommandCall } from './command-call.ts';
import type { CommandSpec } from './options/command-spec.ts';
import { commandHelp, overview } from './options/help-text.ts';
import { parseCommandLine } from './options/parse-command-line.ts';
import { ownVersion } from './own-version.ts';
import { inert } from './screen/table.ts';
import { processTerminal } from './screen/terminal.ts';

// Loaded when it is called: `--help` and a wrong option wait for nothing that a night needs.
const RUN: Readonly<Record<CommandSpec['name'], (call: CommandCall) => Promise<number>>> = {
  night: async (call) => (await import('./night-command.ts')).runNightCommand(call),
  scheduler: async (call) => (await import('./cluster/scheduler-command.ts')).runSchedulerCommand(call),
  executor: async (call) => (await import('./cluster/executor-command.ts')).runExecutorCommand(call),
  gateway: async (call) => (await import('./cluster/gateway-command.ts')).runGatewayCommand(call),
  migrate: async (call) => (await import('./cluster/migrate-command.ts')).runMigrateCommand(call),
  fire: async (call) => (await import('./cluster/fire-command.ts')).runFireCommand(call),
  jobs: async (call) => (await import('./admin/jobs-command.ts')).runJobsCommand(call),
  runs: async (call) => (await import('./admin/runs-command.ts')).runRunsCommand(call),
  trigger: async (call) => (await import('./admin/trigger-command.ts')).runTriggerCommand(call),
  logs: async (call) => (await import('./admin/logs-command.ts')).runLogsCommand(call),
  kill: async (call) => (await import('./admin/kill-command.ts')).runKillCommand(call),
  apply: async (call) => (await import('./as-code/apply-command.ts')).runApplyCommand(call),
  export: async (call) => (await import('./as-code/export-command.ts')).runExportCommand(call),
  import: async (call) => (await import('./as-code/import-command.ts')).runImportCommand(call),
  audit: async (call) => (await import('./admin/audit-command.ts')).runAuditCommand(call),
  dev: async (call) => (await import('./dev/dev-command.ts')).runDevCommand(call),
  status: async (call) => (await import('./status-command.ts')).runStatusCommand(call),
  resolve: async (call) => (await import('./resolve-command.ts')).runResolveCommand(call),
};

async function main(words: readonly string[]): Promise<number> {
  const json = words.includes('--json');
  const terminal = processTerminal({ json });
  try {
    const line = parseCommandLine(words, process.env);
    if (line.kind === 'version') terminal.document(ownVersion());
    else if (line.kind === 'help') {
      const columns = Math.min(terminal.columns(), 120);
      terminal.document(
        (line.command === null ? overview(ownVersion()) : commandHelp(line.command, columns)).trimEnd(),
      );
    } else {
      return await RUN[line.command.name]({ command: line.command, given: line.given, terminal, cwd: process.cwd() });
    }
    return 0;
  } catch (error) {
    terminal.warn(`daybreak: ${inert(sentenceOf(error))}`);
    return exitCodeOfError(error);
  }
}

/** What the database layer says knows nothing of a command line: here the option is named that can change it. */
function sentenceOf(error: unknown): string {
  const isStore = error instanceof DaybreakError && /^STORE_(UNREACHABLE|UNFIT)$/.test(error.code);
  return isStore ? `--store: ${error.message}` : messageOf(error);
}

/** 2 when somebody has to change what was asked or what it needs; 1 for everything that is our fault or unforeseen. */
function exitCodeOfError(error: unknown): number {
  return error instanceof DaybreakError && BAD_INPUT.has(error.code) ? 2 : 1;
}

const BAD_INPUT: ReadonlySet<string> = new Set([
  'BAD_OPTION',
  'BAD_INPUT',
  'CONFIG_INVALID',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'SCHEDULER_UNREACHABLE',
  'NOT_FOUND',
  'CONFLICT',
  'STORE_UNREACHABLE',
  'STORE_BUSY',
  'STORE_OVERLOADED',
  'STORE_READ_ONLY',
  'STORE_UNFIT',
  'STORE_CORRUPT',
  'MIGRATION_CHANGED',
  'MIGRATION_UNKNOWN',
  'DOWNSTREAM_UNREACHABLE',
  'DOWNSTREAM_CAPABILITIES',
  'DOWNSTREAM_CREDENTIALS',
  'STATE_REFUSED',
  'ITEM_NOT_FOUND',
  'TWO_PEOPLE_NEEDED',
  'PLAN_FILE_REFUSED',
  'TOO_MANY_REJECTS',
  'NIGHT_MISMATCH',
  'NIGHT_RUNNING',
]);

process.exitCode = await main(process.argv.slice(2));
