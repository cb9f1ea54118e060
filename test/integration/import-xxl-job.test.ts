import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { parseDefinitions } from '../../deploy/cli/as-code/read-definition-file.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { nightBench } from '../support/night-command.ts';
import { describeWith } from '../support/servers.ts';

const TABLES = [
  `create table xxl_job_group (id int primary key, app_name varchar(64), title varchar(12), address_type tinyint, address_list text)`,
  `create table xxl_job_info (id int primary key, job_group int, job_desc varchar(255), author varchar(64),
    alarm_email varchar(255), schedule_type varchar(50), schedule_conf varchar(128), misfire_strategy varchar(50),
    executor_route_strategy varchar(50), executor_handler varchar(255), executor_param varchar(512),
    executor_block_strategy varchar(50), executor_timeout int, executor_fail_retry_count int, glue_type varchar(50),
    child_jobid varchar(255), trigger_status tinyint) default charset utf8mb4`,
  `create table xxl_job_user (id int primary key, username varchar(50), role tinyint, permission varchar(255))`,
  `insert into xxl_job_group values (1, 'settlement', 'Settlement', 0, null)`,
  `insert into xxl_job_info values (5, 1, '日终', 'ana', '', 'CRON', '0 0 2 * * ?', 'FIRE_ONCE_NOW', 'ROUND', 'close', '',
    'SERIAL_EXECUTION', 0, 0, 'BEAN', '', 1)`,
  `insert into xxl_job_user values (1, 'admin', 1, null)`,
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
      });
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
