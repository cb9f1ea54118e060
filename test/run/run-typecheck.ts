import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckResult } from '../../deploy/lint/run-lint.ts';
import { isPageInstalled } from '../../scheduler/web/build.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Checks the types of everything, tests included, and of the page where its packages are; `options` go to the compiler. */
export function runTypecheck(options: readonly string[] = []): CheckResult[] {
  const checks = [checkTypes('types', 'tsconfig.json', options)];
  if (isPageInstalled()) checks.push(checkTypes('types of the page', 'scheduler/web/tsconfig.json', options));
  return checks;
}

function checkTypes(title: string, project: string, options: readonly string[]): CheckResult {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '--noEmit', '-p', project, ...options];
  const passed = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status === 0;
  process.stdout.write(`${passed ? 'passed' : 'FAILED'}  ${title}\n`);
  return { title, passed };
}
