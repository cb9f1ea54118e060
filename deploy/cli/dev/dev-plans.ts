import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLAN_HEADER } from '../../../executor/examples/settlement/plan-line.ts';
import { formatMinor } from '../../../shared/money.ts';

export interface DevPlans {
  readonly path: string;
  readonly sha256: string;
}

const CONTRACTS = 40;

/**
 * A small plan file, due on the business date: each chain run has contracts of its own, so each has something to debit.
 * The same chain run has the same file, however often it is written. One file per date: only the latest is kept.
 */
export function writeDevPlans(folder: string, of: { chainRunId: number; businessDate: string }): DevPlans {
  const { path, text, sha256 } = devPlans(folder, of);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, text);
  return { path, sha256 };
}

export function devPlans(
  folder: string,
  { chainRunId, businessDate }: { chainRunId: number; businessDate: string },
): DevPlans & { readonly text: string } {
  const lines = [PLAN_HEADER];
  for (let n = 1; n <= CONTRACTS; n++) {
    const contract = `R${chainRunId}N${n}`;
    const who = `U${n},M${n % 7},6210${String(n).padStart(10, '0')},CNY`;
    lines.push(`${contract},1,PREMIUM,${who},${amount(500 + n * 7)},${businessDate}`);
    lines.push(`${contract},1,PRINCIPAL,${who},${amount(100_000 + n * 1_013)},${businessDate}`);
  }
  const text = `${lines.join('\n')}\nTRAILER,${CONTRACTS * 2}\n`;
  const sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
  return { path: join(folder, `plans-${businessDate}.csv`), text, sha256 };
}

const amount = (minor: number): string => formatMinor(minor, 'CNY');
