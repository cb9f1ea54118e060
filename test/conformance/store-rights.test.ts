import { createConnection } from 'mysql2/promise';
import { expect, onTestFinished, test } from 'vitest';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { describeOnEachServer } from '../support/each-store.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';

describeOnEachServer('a user of the database who lacks rights', (server) => {
  test('is told which, and not that the password is wrong', async () => {
    const place = await createMysqlDatabase(server);
    onTestFinished(() => place.drop());
    const root = await createConnection({ uri: place.url });
    const user = place.name.slice(-24);
    await root.query(`create user '${user}'@'%' identified by 'good'`);
    onTestFinished(async () => {
      await root.query(`drop user '${user}'@'%'`);
      await root.end();
    });
    const open = (password: string) => {
      const url = Object.assign(new URL(place.url), { username: user, password }).href;
      return openSqlStore({ url, durability: 'warn' }, { runtime: systemRuntime(), logger });
    };
    await expect(open('bad')).rejects.toThrow(/refuses the user or the password/);
    await expect(open('good')).rejects.toThrow(/gives no rights on a database .*: grant the user all on/);
    await root.query(`grant select on \`${place.name}\`.* to '${user}'@'%'`);
    const store = await open('good');
    onTestFinished(() => store.close());
    const mayNot = { code: 'STORE_UNFIT', message: expect.stringMatching(/CREATE command denied.*: grant the user/) };
    await expect(migrate(store, [], { logger })).rejects.toMatchObject(mayNot);
  });
});
