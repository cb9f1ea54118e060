import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The port that an executor of dev had at its last start, in its folder. A start at the same address is known for the same
 * node, also after one that ended without a goodbye: nothing is lost then, and what was at work goes on at once.
 */
export function keptPort(folder: string): number | null {
  try {
    const port = Number(readFileSync(pathIn(folder), 'utf8'));
    return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

export function keepPort(folder: string, address: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(pathIn(folder), `${new URL(address).port}\n`);
}

const pathIn = (folder: string): string => join(folder, 'port');
