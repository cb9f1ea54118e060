// A launcher and the process that it starts, which end together whichever of the two is killed.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { onEndSignals } from './end-signals.mjs';

const MARK = 'DAYBREAK_HAS_LAUNCHER';

/** Starts `node` with `args`, passes signals on to it, and ends the way it ends: same exit code, or same signal. */
export function launch({ node, args }) {
  // A group of its own, so that Ctrl-C in a terminal reaches the launcher alone, which passes it on exactly once.
  const child = spawn(node, [...process.execArgv, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
    windowsHide: true,
    env: { ...process.env, [MARK]: '1' },
  });
  onEndSignals((signal) => child.kill(signal));
  child.once('error', (cause) => {
    process.stderr.write(`daybreak: cannot start ${node}: ${cause.message}\n`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // Not every signal ends a process (a stopped one, or one that is ignored here): the shell's number for it does.
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 1_000);
  });
}

/**
 * In the child: ends it, hard, when its launcher is gone. The channel between the two closes with the launcher's last
 * breath, kill -9 included, and what is then in the air is the store's to judge, as after a power cut.
 * Returns false, and does nothing, in a process that no launcher started.
 */
export function becomeChildOfLauncher() {
  if (process.env[MARK] === undefined) return false;
  // Not for the children of this process: they have no such channel.
  delete process.env[MARK];
  if (process.channel === undefined) return false;
  const endHard = () => process.kill(process.pid, 'SIGKILL');
  process.once('disconnect', endHard);
  // Listening alone would keep a finished program alive.
  process.channel.unref();
  if (!process.connected) endHard();
  return true;
}
