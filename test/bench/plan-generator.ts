import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { PLAN_HEADER } from '../../executor/examples/settlement/plan-line.ts';

export interface PlansWanted {
  /** Each contract brings one premium and one principal: two plan lines. */
  readonly contracts: number;
  /** `YYYY-MM-DD`; every line is due on it. */
  readonly dueDate: string;
  /** The number of the first contract; default 1. Files with ranges apart share no plan. */
  readonly firstContract?: number;
}

const LINES_AT_ONCE = 2_000;

/**
 * Writes a plan file line by line, so that ten million lines need no more memory than ten. The same numbers give the
 * same file: amounts and currencies are computed from the contract's number.
 */
export async function writePlanFile(path: string, wanted: PlansWanted): Promise<void> {
  const { contracts, dueDate, firstContract = 1 } = wanted;
  const file = createWriteStream(path);
  let lines = [PLAN_HEADER];
  const flush = async (): Promise<void> => {
    if (!file.write(`${lines.join('\n')}\n`)) await once(file, 'drain');
    lines = [];
  };
  for (let n = firstContract; n < firstContract + contracts; n++) {
    const { who, premium, principal } = contractOf(n);
    lines.push(`C${n},1,PREMIUM,${who},${premium},${dueDate}`, `C${n},1,PRINCIPAL,${who},${principal},${dueDate}`);
    if (lines.length >= LINES_AT_ONCE) await flush();
  }
  lines.push(`TRAILER,${contracts * 2}`);
  await flush();
  file.end();
  await finished(file);
}

function contractOf(n: number): { who: string; premium: string; principal: string } {
  const currency = n % 20 === 3 ? 'USD' : 'CNY';
  const who = `U${n},M${1 + ((n * 7_919) % 5_000)},62${String(n).padStart(14, '0')},${currency}`;
  const amountMinor = 100 + ((n * 104_729) % 1_000_000);
  return { who, premium: yuan(Math.max(1, Math.floor(amountMinor / 100))), principal: yuan(amountMinor) };
}

const yuan = (minor: number): string => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
