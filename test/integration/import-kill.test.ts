import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { logger, runtime, SAMPLE } from '../support/plan-import.ts';
import { describeWith } from '../support/servers.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'daybreak-import-kill-'));
});
afterAll(() => rm(dir, { recursive: true }));

const CHILD = fileURLToPath(new URL('../support/import-child.ts', import.meta.url));

interface Run {
  readonly killed: boolean;
  readonly output: string;
}

/** Runs the import; with `dieIn` it kills itself with SIGKILL in that phase, after so many steps of it. */
function importInChild(url: string, dieIn: readonly [phase: string, steps: number] | null = null): Promise<Run> {
  return new Promise((resolve, reject) => {
    const words = [CHILD, url, SAMPLE, ...(dieIn ?? []).map(String)];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === null && code !== 0) reject(new Error(`the import ended with ${code}`));
      else resolve({ killed: signal === 'SIGKILL', output });
    });
  });
}

/** Everything that is stored, but for instants and ids, which a broken-off transaction may have used up. */
async function contentOf(url: string): Promise<unknown> {
  const store = await openSqlStore(url, { runtime, logger });
  try {
    return await store.read('content', async (tx) => ({
      plans:
        await tx.arrays(`select p.contract_no, p.period, p.leg, p.customer_no, p.merchant_no, p.account_no, p.currency,
        p.amount_minor, p.due_date, p.line_no, p.state, o.leg, o.due_date from plan p left join plan_open o
        on o.leg = p.leg and o.plan_id = p.id order by p.line_no`),
      opened: await tx.arrays('select count(*) from plan_open'),
      rejects: await tx.arrays(`select line_no, code, raw, contract_no, period from plan_reject order by line_no`),
      files:
        await tx.arrays(`select sha256, state, data_lines, accepted, already_stored, byte_offset, line_no, prefix_crc
        from plan_file`),
    }));
  } finally {
    await store.close();
  }
}

async function expectKilledLikeWhole(killedUrl: string, wholeUrl: string, times: number): Promise<void> {
  // The sample is 94 chunks and 2 ranges of activation: the last kill falls between the two ranges, the others while
  // lines are staged.
  for (let kill = 1; kill <= times; kill += 1) {
    const { killed } = await importInChild(killedUrl, kill < times ? ['staging', 1 + kill] : ['activating', 1]);
    expect(killed, `kill ${kill}`).toBe(true);
  }
  const { output } = await importInChild(killedUrl);
  expect(JSON.parse(output)).toMatchObject({ kind: 'imported', alreadyStored: 0 });
  await importInChild(wholeUrl);
  expect(await contentOf(killedUrl)).toEqual(await contentOf(wholeUrl));
}

test('an import killed ten times stores what one that ran through stores, on SQLite', async () => {
  await expectKilledLikeWhole(`sqlite:${join(dir, 'killed.db')}`, `sqlite:${join(dir, 'whole.db')}`, 10);
});

describeWith(['MariaDB'], 'on MariaDB', () => {
  test('an import killed four times stores what one that ran through stores', async () => {
    const killed = await createMysqlDatabase();
    const whole = await createMysqlDatabase();
    try {
      await expectKilledLikeWhole(killed.url, whole.url, 4);
    } finally {
      await killed.drop();
      await whole.drop();
    }
  });
});
