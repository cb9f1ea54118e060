import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AttemptStopped } from '../../executor/handler/attempt.ts';
import { createScriptRunner, type ScriptOptions } from '../../executor/handler/builtin/script-runner.ts';
import type { ScriptType } from '../../executor/handler/builtin/script-types.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { startFakeScheduler } from '../support/fake-scheduler.ts';
import { givenContext } from '../support/given-context.ts';
import { givenExecutor, removeDir, runRequest } from '../support/given-executor.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'daybreak-scripts-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const ALL: ScriptOptions['interpreters'] = ['shell', 'python', 'python2', 'nodejs', 'php', 'powershell'];
const scripts = (more: Partial<ScriptOptions> = {}) =>
  createScriptRunner({ interpreters: ALL, dir, stopGraceMs: 300, ...more }, systemRuntime());

const start = (
  type: ScriptType,
  text: string,
  { jobId = 7, updatedAtMs = 1, ...more }: { jobId?: number; updatedAtMs?: number } & Partial<ScriptOptions> = {},
) => {
  const given = givenContext({ param: "p $HOME 'q'", jobId, shardIndex: 1, shardTotal: 3 });
  const attempt = { jobId } as Parameters<ReturnType<typeof scripts>['handlerOf']>[0];
  return { ...given, run: scripts(more).handlerOf(attempt, { type, text, updatedAtMs }).run(given.ctx) };
};

describe('a script', () => {
  test.each<[ScriptType, string]>([
    ['GLUE_SHELL', 'echo "$1|$2|$3"; echo "$DAYBREAK_JOB_ID" >&2'],
    [
      'GLUE_PYTHON',
      'import os, sys\nprint("|".join(sys.argv[1:]))\nprint(os.environ["DAYBREAK_JOB_ID"], file=sys.stderr)',
    ],
    [
      'GLUE_NODEJS',
      'const { argv } = require("node:process"); console.log(argv.slice(2).join("|")); console.error(process.env.DAYBREAK_JOB_ID)',
    ],
  ])('of type %s gets parameter, index and total, and both outputs are logged', async (type, text) => {
    const { run, lines } = start(type, text);
    await run;
    expect(lines.toSorted()).toEqual(["INFO  p $HOME 'q'|1|3", 'WARN  7']);
  });

  test('that ends with another code than 0 fails', async () => {
    await expect(start('GLUE_PYTHON', 'import sys; sys.exit(4)').run).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      message: 'script 7 (GLUE_PYTHON) ended with code 4',
    });
  });

  test('is a file named by job and version, for its owner only, and is written again when its text changes', async () => {
    const path = join(dir, '8_1767.sh');
    for (const text of ['echo one', 'echo two']) {
      const { run, lines } = start('GLUE_SHELL', text, { jobId: 8, updatedAtMs: 1767 });
      await run;
      expect(lines).toEqual([`INFO  ${text.slice(5)}`]);
      expect(await readFile(path, 'utf8')).toBe(text);
    }
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    await start('GLUE_SHELL', 'echo three', { jobId: 8, updatedAtMs: 1768 }).run;
    expect((await readdir(dir)).filter((name) => name.startsWith('8_')).toSorted()).toEqual(['8_1767.sh', '8_1768.sh']);
  });

  test('that somebody changed on the disk is put right before it runs', async () => {
    await start('GLUE_SHELL', 'echo right', { jobId: 9 }).run;
    await writeFile(join(dir, '9_1.sh'), 'echo wrong');
    const { run, lines } = start('GLUE_SHELL', 'echo right', { jobId: 9 });
    await run;
    expect(lines).toEqual(['INFO  right']);
  });

  test('is stopped with its children', async () => {
    const { run, stop, untilLine } = start(
      'GLUE_PYTHON',
      'import subprocess\nprint("up")\nsubprocess.run(["sleep","600"])',
    );
    await untilLine('up');
    const reason = new AttemptStopped('killed');
    stop.abort(reason);
    await expect(run).rejects.toBe(reason);
  }, 30_000);

  test.each<[ScriptType, string]>([
    ['GLUE_PHP', 'php'],
    ['GLUE_POWERSHELL', 'powershell'],
  ])('of type %s whose interpreter is missing fails with a word on what to do', async (type, name) => {
    await expect(start(type, 'x', { interpreters: { [name]: '/nonexistent/program' } }).run).rejects.toMatchObject({
      code: 'INTERPRETER_MISSING',
      message: expect.stringContaining(`scripts.interpreters.${name}`),
    });
  });

  test('runs only when its sum is named, where sums are named', async () => {
    const sha256 = [createHash('sha256').update('echo good').digest('hex')];
    await start('GLUE_SHELL', 'echo good', { sha256 }).run;
    const refused = start('GLUE_SHELL', 'echo bad', { sha256 });
    await expect(refused.run).rejects.toMatchObject({ code: 'SCRIPT_REFUSED' });
    expect(refused.lines).toEqual([]);
  });
});

test.runIf(process.getuid?.() === 0)('a script runs as the user that the owner names', async () => {
  // The folder above belongs to this process alone: the other user may pass through it.
  await chmod(dir, 0o711);
  const user = { uid: 65_534, gid: 65_534 };
  const { run, lines } = start('GLUE_SHELL', 'id -u', { user, dir: join(dir, 'other-user'), jobId: 12 });
  await run;
  expect(lines).toEqual(['INFO  65534']);
});

test.each([
  [['ruby'], '"ruby" is no interpreter'],
  [{ shell: 'bash' }, '"shell" needs an absolute path'],
])('interpreters %j are refused when the executor is made', (interpreters, why) => {
  expect(() => scripts({ interpreters: interpreters as ScriptOptions['interpreters'] })).toThrow(why);
});

describe('an executor', () => {
  test('with scripts runs what it was told to run and refuses the rest in the words of the protocol', async () => {
    const scheduler = await startFakeScheduler();
    const executor = await givenExecutor({
      schedulers: [scheduler.url],
      handlers: [],
      scripts: { interpreters: ['shell'] },
      secrets: { KEY: 'k3y-value' },
    });
    const glue = (glueType: string, glueSource: string) =>
      runRequest({ executorHandler: '', executorParams: 'p', glueType, glueSource, glueUpdatetime: 5 });

    const good = glue('GLUE_SHELL', 'echo "got $1"');
    expect(await executor.ask('/run', good)).toEqual({ code: 200, msg: 'Success' });
    await scheduler.until((it) => it.callbacks().some(({ logId }) => logId === good.logId));
    expect(scheduler.callbacks().find(({ logId }) => logId === good.logId)).toMatchObject({ handleCode: 200 });
    const log = await executor.ask('/log', { logId: good.logId, logDateTime: good.logDateTime, fromLineNum: 1 });
    expect(log.data).toMatchObject({ logContent: expect.stringContaining('INFO  got p\n') });

    // Its argument can be read by everybody on the machine: a secret is in its environment, and masked in its log.
    const secret = {
      ...glue('GLUE_SHELL', 'test "$DAYBREAK_SECRET_KEY" = k3y-value && echo "$1 $DAYBREAK_SECRET_KEY"'),
      executorParams: '{secret.KEY}',
      secrets: [{ name: 'KEY', at: 0, spot: 'plain' as const }],
    };
    await executor.ask('/run', secret);
    await scheduler.until((it) => it.callbacks().some(({ logId }) => logId === secret.logId));
    expect(scheduler.callbacks().find(({ logId }) => logId === secret.logId)).toMatchObject({ handleCode: 200 });
    const secretLog = await executor.ask('/log', { logId: secret.logId, logDateTime: 0, fromLineNum: 1 });
    expect(secretLog.data).toMatchObject({ logContent: expect.stringContaining('INFO  {secret.KEY} ***\n') });

    const bad = glue('GLUE_SHELL', 'exit 9');
    await executor.ask('/run', bad);
    await scheduler.until((it) => it.callbacks().some(({ logId }) => logId === bad.logId));
    expect(scheduler.callbacks().find(({ logId }) => logId === bad.logId)).toMatchObject({
      handleCode: 500,
      handleMsg: 'PROCESS_FAILED: script 7 (GLUE_SHELL) ended with code 9',
    });

    expect(await executor.ask('/run', glue('GLUE_PYTHON', 'x'))).toEqual({
      code: 500,
      msg: 'fail, current glue type [GLUE(Python3)] not supported.',
    });
    expect(await executor.ask('/run', glue('GLUE_GROOVY', 'x'))).toMatchObject({
      code: 500,
      msg: expect.stringMatching(/^fail, current glue type \[GLUE\(Java\)\] not supported\. Groovy /),
    });
    expect(await executor.ask('/run', glue('COBOL', 'x'))).toEqual({ code: 500, msg: 'glueType[COBOL] is not valid.' });
    await executor.stop();
    await scheduler.stop();
    await removeDir(executor.dataDir);
  }, 30_000);
});
