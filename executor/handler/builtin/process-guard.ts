import { spawn } from 'node:child_process';

export interface GroupGuard {
  /** The group has ended by itself: the guard is not needed any more. */
  release(): void;
}

// Reads until the pipe to this process closes, which it does however this process dies, then ends the group.
const GUARD = 'read -r _; kill -s KILL -- "-$1"';

/**
 * Ends a process group when this process dies, even by SIGKILL. A small shell outside the group waits at the end of a
 * pipe; its text is fixed and its only argument is a number. What it cannot reach: a process that has left the group
 * (setsid), and a group whose start and this process's death lie within the same few milliseconds.
 */
export function guardGroup(pid: number): GroupGuard {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'daybreak-guard', String(pid)], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // A machine without a shell runs its programs without a guard; a guard that is gone takes no byte.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return { release: () => void guard.kill('SIGKILL') };
}
