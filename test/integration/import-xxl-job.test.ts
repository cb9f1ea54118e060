import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { parseDefinitions } from '../../deploy/cli/as-code/read-definition-file.ts';
import { adminCommands } from '../support/admin-commands.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { type Bench, nightBench } from '../support/night-command.ts';
import { describeWith } from '../support/servers.ts';

const TABLES = [
  `create table xxl_job_group (id int primary key, app_name varchar(64), title varchar(12), address_type tinyint, address_list text)`,
  `create table xxl_job_info (id int primary key, job_group int, job_desc varchar(255), author varchar(64),
    alarm_email varchar(255), schedule_type varchar(50), schedule_conf varchar(128), misfire_strategy varchar(50),
    executor_route_strategy varchar(50), executor_handler varchar(255), executor_param varchar(512),
    executor_block_strategy varchar(50), executor_timeout int, executor_fail_retry_count int, glue_type varchar(50),
    child_jobid varchar(255), trigger_status tinyint) default charset utf8mb4`,
  `create table xxl_job_user (id int primary key, username varchar(50) not null, password varchar(100) not null,
    token varchar(100), role tinyint not null, permission varchar(255), unique key i_username (username))`,
  `insert into xxl_job_group values (1, 'settlement', 'Settlement', 0, null)`,
  `insert into xxl_job_info values (5, 1, '日终', 'ana', '', 'CRON', '0 0 2 * * ?', 'FIRE_ONCE_NOW', 'ROUND', 'close', '',
    'SERIAL_EXECUTION', 0, 0, 'BEAN', '', 1)`,
  `insert into xxl_job_user values (1, 'admin', 'e10adc3949ba59abbe56e057f20f883e', null, 1, null),
    (2, 'ana', 'e10adc3949ba59abbe56e057f20f883e', 'a-token', 0, '1')`,
];

describeWith(['MariaDB'], 'an xxl-job database', () => {
  test('becomes a definition file, and what it lacks is said beside it', { timeout: 300_000 }, async () => {
    const database = await createMysqlDatabase();
    const bench = nightBench();
    try {
      const connection = await createConnection({ uri: database.url, charset: 'utf8mb4' });
      for (const text of TABLES) await connection.query(text);
      await connection.end();
      const out = await bench.run(['import', 'xxl-job', database.url, '--zone', 'Asia/Shanghai']);
      expect(out).toMatchObject({ code: 0, stderr: expect.stringContaining('not carried: user "admin"') });
      expect(parseDefinitions(out.stdout, 'out').definitions).toMatchObject({
        groups: [{ name: 'settlement', title: 'Settlement' }],
        jobs: [{ id: 5, name: 'close', title: '日终', schedule: { kind: 'cron', zone: 'Asia/Shanghai' } }],
        people: [
          { name: 'admin', isAdmin: true },
          { name: 'ana', grants: [{ group: 'settlement', permissions: ['view', 'run', 'edit'] }] },
        ],
      });
      expect(out.stdout).not.toMatch(/e10adc|a-token/);
      await appliesTo(bench, out.stdout);
      // The URL may hold a password, so it may come from a file; no sentence shows it.
      writeFileSync(
        join(bench.dir, 'source'),
        database.url.replace('://', '://nobody:secret-word@').replace('@root@', '@'),
      );
      const refused = await bench.run(['import', 'xxl-job', '--zone', 'UTC', '--source-file', 'source']);
      expect(refused.code).toBe(2);
      expect(refused.stdout + refused.stderr).not.toContain('secret-word');
    } finally {
      bench.remove();
      await database.drop();
    }
  });
});

/** Its people get into a scheduler with the first passwords alone, which no output shows. */
async function appliesTo(bench: Bench, file: string): Promise<void> {
  const { run, root, ask } = await adminCommands(bench);
  writeFileSync(join(bench.dir, 'ours.yaml'), file);
  const apply = (...more: string[]) => run('apply', 'ours.yaml', '--yes', ...more);
  // Without a terminal they would land in a log.
  const unkept = await apply();
  expect(unkept).toMatchObject({ code: 2, stderr: expect.stringContaining('give --first-passwords FILE') });
  writeFileSync(join(bench.dir, 'there'), 'mine');
  const taken = await apply('--first-passwords', 'there');
  expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('is there already') });
  expect(readFileSync(join(bench.dir, 'there'), 'utf8')).toBe('mine');
  expect(await ask('GET', '/users')).toMatchObject({ items: [{ name: 'root' }] });

  const kept = join(bench.dir, 'kept');
  const done = await apply('--first-passwords', 'kept', '--json');
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout)).toMatchObject({ applied: true });
  const words = new Map(
    readFileSync(kept, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('\t') as [string, string]),
  );
  expect([...words.keys()]).toEqual(['admin', 'ana']);
  expect(statSync(kept).mode & 0o777).toBe(0o600);
  for (const word of words.values()) expect(done.stdout + done.stderr).not.toContain(word);
  const session = await fetch(`${root}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'ana', password: words.get('ana') }),
  });
  expect(await session.json()).toMatchObject({ principal: { name: 'ana', isAdmin: false, mustChangePassword: true } });

  // Nobody is new any more: nothing to keep, and no file.
  const again = await apply('--first-passwords', 'again');
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing is to be changed') });
  expect(existsSync(join(bench.dir, 'again'))).toBe(false);
  const exported = await run('export');
  writeFileSync(join(bench.dir, 'back.yaml'), exported.stdout);
  expect(exported.stdout).toContain('name: ana');
  expect((await run('apply', 'back.yaml')).stdout).toContain('nothing is to be changed');
}
