import { expect, test } from 'vitest';
import { raiseAlarm } from '../../scheduler/alarm/raise-alarm.ts';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';
import { newEffects } from '../../scheduler/effects.ts';
import { givenAdmin } from '../support/given-admin.ts';

const embedded = async () => ({ url: 'sqlite::memory:', drop: async () => undefined });

const jobOf = (id: number, group: string): JobDefinition => ({
  id,
  name: `job-${id}`,
  handler: 'work',
  group,
  route: 'ROUND',
});

test('the figures of the header are of the groups that one may see', async () => {
  const given = await givenAdmin(embedded, { jobs: [jobOf(1, 'mine'), jobOf(2, 'theirs')] });
  const root = await given.setUp();
  const bob = await given.user('bob', [{ group: 'mine', permissions: ['view'] }], root);
  await given.store.transaction('arrange', async (tx) => {
    for (const [id, group] of [
      [1, 'mine'],
      [2, 'theirs'],
    ] as const) {
      await tx.run(
        `insert into s_executor (app_name, address, state, registered_at, last_beat_at) values (?, ?, 'alive', 1, 1)`,
        [group, `http://127.0.0.1:${id}/`],
      );
      await tx.run('insert into s_open_run (run_id, job_id, app_name) values (?, ?, ?)', [id, id, group]);
      await tx.run(
        `insert into s_approval (kind, state, subject_kind, subject_id, app_name, order_json, reason, asked_kind, asked_id,
           asked_by, asked_at) values ('resolve-item', 'open', 'item', ?, ?, '{}', 'seen', 'user', 1, 'root', 1)`,
        [String(id), group],
      );
      await raiseAlarm(
        tx,
        { kind: 'RUN_FAILED', subjectKind: 'job', subjectId: id, severity: 'warning', message: 'it failed' },
        newEffects(),
      );
    }
  });

  const figures = { openRuns: 1, executorsAlive: 1, approvalsOpen: 1, alarmsOpen: 1 };
  expect((await given.ask('GET /status', bob)).body).toMatchObject(figures);
  const all = { openRuns: 2, executorsAlive: 2, approvalsOpen: 2, alarmsOpen: 2 };
  expect((await given.ask('GET /status', root)).body).toMatchObject(all);
});
