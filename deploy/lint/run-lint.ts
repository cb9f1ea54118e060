import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkBans } from './check-bans.ts';
import { checkImports } from './check-imports.ts';
import { type Finding, readSourceTree } from './source-tree.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export type CheckResult = { readonly title: string; readonly passed: boolean };

/** Runs every static check over the checkout and prints what it finds; `biomeOptions` go to Biome, `--write` say. */
export function runLint(biomeOptions: readonly string[] = []): CheckResult[] {
  const files = readSourceTree(ROOT);
  return [
    report('format and lint rules (Biome)', runBiome(biomeOptions)),
    report('import directions, barrels, cycles', printFindings(checkImports(files))),
    report('clock, chance, network and drivers in adapters only', printFindings(checkBans(files))),
  ];
}

function runBiome(options: readonly string[]): boolean {
  const biome = join(ROOT, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const args = [biome, 'check', '--error-on-warnings', '--max-diagnostics=100', ...options];
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

function printFindings(findings: readonly Finding[]): boolean {
  for (const { path, line, message } of findings) process.stdout.write(`  ${path}:${line} ${message}\n`);
  return findings.length === 0;
}

function report(title: string, passed: boolean): CheckResult {
  process.stdout.write(`${passed ? 'passed' : 'FAILED'}  ${title}\n`);
  return { title, passed };
}
