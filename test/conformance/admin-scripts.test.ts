import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCRIPT_BYTES_MAX } from '../../scheduler/script/script-limits.ts';
import { topicStates } from '../../scheduler/storage/sql/admin-live-queries.ts';
import { describeOnEachStore } from '../support/each-store.ts';
import { type Asker, type GivenAdmin, givenAdmin } from '../support/given-admin.ts';
import { job } from '../support/given-scheduler.ts';

const JOBS = [
  job(1, 'clean', { glueType: 'GLUE_SHELL', handler: '' }),
  job(2, 'bean'),
  job(3, 'theirs', { glueType: 'GLUE_PYTHON', handler: '', group: 'reports' }),
];
const params = { jobId: 1 };
/** What is text and does something to its surroundings where it is taken for more. */
const ODD = '#!/bin/sh\r\necho "<script>alert(1)</script>" \u202e\u0007\u0000 \u001b[31m 💶\n\n';

type Refused = {
  error: { code: string; message: string; fields: { path: string; message: string }[]; details: object };
};

describeOnEachStore('scripts over the API of the admin', (newPlace) => {
  const given = async () => {
    const admin = await givenAdmin(newPlace, { jobs: JOBS });
    const root = await admin.setUp();
    return { admin, root, save: saverOf(admin) };
  };

  test('each save is a version; its text comes back as it was sent, and an earlier one can be the newest again', async () => {
    const { admin, root, save } = await given();
    const ana = await admin.user('ana', [{ group: 'orders', permissions: ['edit'] }], root);
    expect((await admin.ask('GET /jobs/:jobId/scripts', root, { params })).body).toEqual({ items: [] });
    expect((await save(ana, ODD, 0)).body).toEqual({ version: 1, created: true });
    const seen = await topicOf(admin);
    expect((await save(root, 'echo two', 1)).body).toEqual({ version: 2, created: true });
    expect(await topicOf(admin)).not.toBe(seen);
    expect((await save(root, 'echo two', 2)).body).toEqual({ version: 2, created: false });
    const { items } = (await admin.ask('GET /jobs/:jobId/scripts', root, { params })).body;
    expect(items.map(({ version, glueType, remark, by }) => [version, glueType, remark, by])).toEqual([
      [2, 'GLUE_SHELL', 'because of 2', 'root'],
      [1, 'GLUE_SHELL', 'because of 1', 'ana'],
    ]);
    const first = (await admin.ask('GET /jobs/:jobId/scripts/:version', root, { params: { jobId: 1, version: 1 } }))
      .body;
    expect(first.source).toBe(ODD);
    expect(first.script).toMatchObject({ sha256: sumOf(ODD), bytes: Buffer.byteLength(ODD) });

    const restore = (basedOn: number) =>
      admin.ask('POST /jobs/:jobId/scripts/:version/restore', ana, {
        params: { jobId: 1, version: 1 },
        body: { remark: 'it was better', basedOn },
      });
    expect((await restore(1)).status).toBe(409);
    expect((await restore(2)).body).toEqual({ version: 3, created: true });
    const third = await admin.ask('GET /jobs/:jobId/scripts/:version', root, { params: { jobId: 1, version: 3 } });
    expect(third.body).toMatchObject({ source: ODD, script: { by: 'ana', remark: 'it was better' } });
    const gone = await admin.ask('GET /jobs/:jobId/scripts/:version', root, { params: { jobId: 1, version: 9 } });
    expect(gone.status).toBe(404);
  });

  test('of two who save at once on the same version the second is told whose is the newest, and nothing is lost', async () => {
    const { admin, root, save } = await given();
    await save(root, 'echo one', 0);
    const answers = await Promise.all([save(root, 'echo left', 1), save(root, 'echo right', 1)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const { error } = answers.find(({ status }) => status === 409)?.body as unknown as Refused;
    expect(error).toMatchObject({
      code: 'CONFLICT',
      message: 'the script of job "clean" is at version 2, not 1: read it and save again',
      fields: [{ path: 'basedOn' }],
      details: { version: 2, by: 'root' },
    });
    const { items } = (await admin.ask('GET /jobs/:jobId/scripts', root, { params })).body;
    expect(items.map(({ version }) => version)).toEqual([2, 1]);
  });

  test('what cannot be saved is refused at its field', async () => {
    const { admin, root, save } = await given();
    const fields = async (jobId: number, body: object) => {
      const answer = await admin.ask('POST /jobs/:jobId/scripts', root, { params: { jobId }, body });
      const { error } = answer.body as unknown as Refused;
      return [answer.status, error.code, ...error.fields.map(({ path, message }) => `${path} ${message}`)];
    };
    const whole = { source: 'echo', remark: 'r', basedOn: 0 };
    expect(await fields(1, {})).toEqual([
      400,
      'BAD_INPUT',
      'source is missing',
      'remark is missing',
      'basedOn is missing',
    ]);
    expect(await fields(1, { ...whole, source: ' \n' })).toEqual([
      400,
      'BAD_INPUT',
      'source is empty: there would be nothing to run',
    ]);
    // As many characters as bytes are allowed, of two bytes each; and a text of which JSON makes six times as much.
    expect(await fields(1, { ...whole, source: 'é'.repeat(SCRIPT_BYTES_MAX) })).toEqual([
      400,
      'BAD_INPUT',
      `source has more than ${SCRIPT_BYTES_MAX} bytes`,
    ]);
    expect((await save(root, '\u0001'.repeat(SCRIPT_BYTES_MAX), 0)).status).toBe(200);
    expect(await fields(1, { ...whole, source: 'x'.repeat(SCRIPT_BYTES_MAX + 1) })).toEqual([
      400,
      'BAD_INPUT',
      `source must have 1 to ${SCRIPT_BYTES_MAX} characters`,
    ]);
    expect(await fields(1, { ...whole, source: 'echo \ud83d' })).toEqual([
      400,
      'BAD_INPUT',
      'source has half of a character: save it as UTF-8 first',
    ]);
    expect(await fields(1, { ...whole, remark: ' ' })).toEqual([
      400,
      'BAD_INPUT',
      'remark must say in 1 to 255 characters what has changed',
    ]);
    expect(await fields(1, { ...whole, remark: 'r'.repeat(256) })).toEqual([
      400,
      'BAD_INPUT',
      'remark must have 1 to 255 characters',
    ]);
    expect((await fields(2, whole))[1]).toBe('CONFLICT');
    expect((await admin.ask('GET /jobs/:jobId/scripts', root, { params: { jobId: 2 } })).body.items).toEqual([]);
  });

  test('whoever may see the job reads its script, and whoever may edit it saves; of other groups there is none', async () => {
    const { admin, root, save } = await given();
    await save(root, 'echo', 0);
    const [view, run] = await Promise.all(
      ['view', 'run'].map((right) => admin.user(right, [{ group: 'orders', permissions: [right] }], root)),
    );
    const read = (asker: Asker, jobId: number) =>
      admin.ask('GET /jobs/:jobId/scripts/:version', asker, { params: { jobId, version: 1 } });
    expect((await read(view as Asker, 1)).body.source).toBe('echo');
    expect((await read(view as Asker, 3)).status).toBe(404);
    const watch = await admin.ask('GET /stream', view as Asker, { query: { topics: 'script:3' } });
    expect(watch.status).toBe(404);
    expect((await save(run as Asker, 'echo mine', 1)).status).toBe(403);
    expect((await admin.ask('GET /jobs/:jobId/scripts', root, { params })).body.items).toHaveLength(1);
  });

  test('each change is in the audit log with what stood before and after; of a long text its beginning and its sum', async () => {
    const { admin, root, save } = await given();
    const long = `# ${'é'.repeat(20_000)}`;
    await save(root, 'echo one', 0);
    await save(root, long, 1);
    await save(root, 'echo lost', 1);
    const query = { subjectKind: 'job', subjectId: '1' };
    const { items } = (await admin.ask('GET /audit', root, { query })).body;
    expect(items.map(({ action, outcome, reason }) => [action, outcome, reason])).toEqual([
      [
        'job.script.save',
        'refused',
        'the script of job "clean" is at version 2, not 1: read it and save again (because of 2)',
      ],
      ['job.script.save', 'done', 'because of 2'],
      ['job.script.save', 'done', 'because of 1'],
    ]);
    const one = { version: 1, sha256: sumOf('echo one'), bytes: 8, source: 'echo one' };
    expect(items[2]).toMatchObject({ group: 'orders', before: null, after: { order: null, state: one } });
    expect(items[1]).toMatchObject({
      before: one,
      after: { state: { version: 2, sha256: sumOf(long), bytes: 40_002, sourceBegins: long.slice(0, 16_384) } },
    });
  });
});

/** What whoever has the script open is told the change of. */
const topicOf = ({ store }: GivenAdmin) =>
  store.read('watch', async (db) => (await topicStates(db, ['script:1'])).get('script:1'));

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const saverOf = (admin: GivenAdmin) => (asker: Asker, source: string, basedOn: number) =>
  admin.ask('POST /jobs/:jobId/scripts', asker, {
    params,
    body: { source, remark: `because of ${basedOn + 1}`, basedOn },
  });
