import { isDaybreakError, messageOf } from '../../shared/errors.ts';
import type { CommandCall } from './command-call.ts';
import { nightOptions } from './night-options.ts';
import { commandText } from './options/command-text.ts';
import { inert } from './screen/table.ts';
import { listenForStop } from './stop-signals.ts';
import { UsageError } from './usage-error.ts';

/**
 * `daybreak night`: runs one night to its end, and exits with what it came to. What stops it half way (a signal, an
 * error, a lost store) leaves the state as it is, and the command that goes on is printed.
 */
export async function runNightCommand({ command, given, terminal, cwd }: CommandCall): Promise<number> {
  const options = nightOptions(given, cwd);
  // --fresh would begin another night when this one has ended: going on never needs it.
  const goOnWith = commandText(command, given, ['fresh']);
  const stop = listenForStop(() => {
    terminal.warn(
      `daybreak: stopping: no new debits; what is on its way may take up to ${options.gatewayTimeoutMs} ms (once more: at once)`,
    );
  });
  const phase = { begun: false };
  try {
    const { runNight } = await import('./run-night.ts');
    const exitCode = await runNight({
      options,
      terminal,
      stop: stop.signal,
      command: commandText(command, given),
      phase,
    });
    return stop.signal.aborted ? stopped() : exitCode;
  } catch (error) {
    if (stop.signal.aborted) return stopped();
    if (!phase.begun) throw error;
    terminal.warn(`daybreak: ${inert(messageOf(error))}`);
    // What was refused before anything was sent stays bad input, although the night's row is there.
    if (error instanceof UsageError || isDaybreakError(error, 'NIGHT_MISMATCH')) return 2;
    terminal.warn(`daybreak: the night is kept as it is; go on with: ${goOnWith}`);
    return 1;
  } finally {
    stop.dispose();
  }

  function stopped(): number {
    terminal.warn(`daybreak: stopped; go on with: ${goOnWith}`);
    return stop.exitCode() ?? 1;
  }
}
