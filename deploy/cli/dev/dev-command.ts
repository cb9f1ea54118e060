import { messageOf } from '../../../shared/errors.ts';
import type { CommandCall } from '../command-call.ts';
import { commandText } from '../options/command-text.ts';
import { inert } from '../screen/table.ts';
import { listenForStop } from '../stop-signals.ts';
import { UsageError } from '../usage-error.ts';
import { devOptions } from './dev-options.ts';

/** `daybreak dev`: runs until it is told to stop, or asks one that runs already. */
export async function runDevCommand({ command, given, terminal, cwd }: CommandCall): Promise<number> {
  const options = devOptions(given, cwd);
  if (options.ask !== null) return (await import('./ask-dev.ts')).askDev(options, terminal);
  const stop = listenForStop(() => terminal.warn('daybreak: stopping: what runs may end (once more: at once)'));
  try {
    const { runDev } = await import('./run-dev.ts');
    await runDev({ options, terminal, stop: stop.signal, command: commandText(command, given) });
    return stop.exitCode() ?? 0;
  } catch (error) {
    if (stop.signal.aborted && !(error instanceof UsageError)) {
      if (error !== stop.signal.reason) terminal.warn(`daybreak: ${inert(messageOf(error))}`);
      return stop.exitCode() ?? 1;
    }
    throw error;
  } finally {
    stop.dispose();
  }
}
