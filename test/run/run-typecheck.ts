import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckResult } from '../../deploy/lint/run-lint.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Checks the types of everything, tests included; `options` go to the compiler. */
export function runTypecheck(options: readonly string[] = []): CheckResult {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '--noEmit', '-p', 'tsconfig.json', ...options];
  const passed = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status === 0;
  process.stdout.write(`${passed ? 'passed' : 'FAILED'}  types\n`);
  return { title: 'types', passed };
}
