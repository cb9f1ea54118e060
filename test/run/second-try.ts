import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MOST_FILES = 8;

/** Whether this run may try failed files again: only `.ci/run` asks for it, where nobody can look and start it again. */
export const maySecondTry = (): boolean => process.env.DAYBREAK_TEST_SECOND_TRY === '1';

/**
 * Runs the failed files once more, alone: a machine that stood still for some seconds fails tests whose processes wait
 * for one another, and says nothing of them. What passes only now is still named at the end, because a race is a defect
 * too. More than a few failed files are no stall, and are not tried again.
 */
export function passesAlone(files: readonly string[]): boolean {
  if (files.length === 0 || files.length > MOST_FILES) return false;
  process.stdout.write(`\nOnce more, alone: ${files.join(' ')}\n`);
  const main = fileURLToPath(new URL('./test.ts', import.meta.url));
  const env = { ...process.env, DAYBREAK_TEST_SECOND_TRY: '0' };
  const again = spawnSync(process.execPath, [main, ...files], { stdio: 'inherit', env, timeout: 300_000 });
  return again.status === 0;
}
