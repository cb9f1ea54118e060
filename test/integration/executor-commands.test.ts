import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AttemptStopped } from '../../executor/handler/attempt.ts';
import { type CommandHandlerOptions, commandHandler } from '../../executor/handler/builtin/command-handler.ts';
import { givenContext } from '../support/given-context.ts';

let dir: string;
let door: Server;
const callers: Socket[] = [];
const arrivals: ((socket: Socket) => void)[] = [];

beforeAll(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'daybreak-commands-')));
  door = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    callers.push(socket);
    arrivals.shift()?.(socket);
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const socket of callers) socket.destroy();
  await new Promise((resolve) => door.close(resolve));
  await rm(dir, { recursive: true, force: true });
});

const options = (more: Partial<CommandHandlerOptions> = {}): CommandHandlerOptions => ({
  allow: [
    { name: 'bash', path: '/bin/bash' },
    { name: 'node', path: process.execPath },
    { name: 'nowhere', path: '/nonexistent/program' },
  ],
  stopGraceMs: 300,
  ...more,
});

const start = (params: object, more: Partial<CommandHandlerOptions> = {}) => {
  const given = givenContext({ params: { args: [], env: {}, ...params } });
  return { ...given, run: commandHandler(options(more)).run(given.ctx) };
};
const bash = (script: string, args: string[] = []) => ({ command: 'bash', args: ['-c', script, 'bash', ...args] });

/** bash code that opens a line to this test and keeps it: the line closes when the last process that has it dies. */
const callIn = () => `exec 9<>/dev/tcp/127.0.0.1/${(door.address() as AddressInfo).port}`;
const nextCaller = () => new Promise<Socket>((resolve) => arrivals.push(resolve));
const hungUp = async (socket: Socket) => {
  if (!socket.closed) await once(socket, 'close');
};

describe('a command', () => {
  test('gets its arguments as they are, and its output becomes lines', async () => {
    const { run, lines } = start(
      bash('printf "%s|" "$@"; printf "\\nerr\\xc3\\xa9" >&2', ['a b', '$HOME', ';id', '*']),
    );
    await run;
    expect(lines.toSorted()).toEqual(['INFO  a b|$HOME|;id|*|', 'WARN  ', 'WARN  erré']);
  });

  test('sees nothing of this process environment', async () => {
    const { run, lines } = start(bash('env -0 | cut -z -d= -f1 | tr "\\0" "\\n" | sort'), { env: { CITY: 'x' } });
    await run;
    const names = lines.map((line) => line.slice(6)).filter((name) => !['_', 'PWD', 'SHLVL', 'OLDPWD'].includes(name));
    expect(names).toEqual([
      'CITY',
      'DAYBREAK_ATTEMPT',
      'DAYBREAK_BUSINESS_DATE',
      'DAYBREAK_LOG_ID',
      'DAYBREAK_RUN_ID',
      'DAYBREAK_SHARD_INDEX',
      'DAYBREAK_SHARD_TOTAL',
      'LANG',
      'PATH',
    ]);
  });

  test.each([
    ['exit 3', 'PROCESS_FAILED', 'bash ended with code 3'],
    ['kill -9 $$', 'PROCESS_FAILED', 'bash was ended by SIGKILL'],
  ])('%s fails the run', async (script, code, message) => {
    await expect(start(bash(script)).run).rejects.toMatchObject({ code, message, retryable: true });
  });

  test('that is not there fails the run', async () => {
    await expect(start({ command: 'nowhere' }).run).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      message: expect.stringContaining('ENOENT'),
      retryable: false,
    });
  });

  test('runs in a directory that is allowed, by its real path', async () => {
    await symlink('/', join(dir, 'out'));
    const { run, lines } = start({ ...bash('pwd'), cwd: dir }, { dirs: [dir] });
    await run;
    expect(lines).toEqual([`INFO  ${dir}`]);
    for (const cwd of ['/', join(dir, 'out'), join(dir, '..'), `${dir}x`, join(dir, 'missing')]) {
      await expect(start({ ...bash('pwd'), cwd }, { dirs: [dir] }).run).rejects.toMatchObject({
        code: 'COMMAND_REFUSED',
      });
    }
  });
});

test.runIf(process.getuid?.() === 0)('a command runs as the user that the owner names', async () => {
  const { run, lines } = start(bash('id -u; id -g; id -G'), { user: { uid: 65_534, gid: 65_534 } });
  await run;
  expect(lines).toEqual(['INFO  65534', 'INFO  65534', 'INFO  65534']);
});

describe('refused', () => {
  test('is a secret as an argument, which everybody on the machine could read; in the environment it is taken', async () => {
    const secrets = { KEY: 'k3y-value' };
    const params = { env: {}, ...bash('test "$KEY" = k3y-value', ['--key=k3y-value']) };
    const { ctx } = givenContext({ params, secrets });
    await expect(commandHandler(options()).run(ctx)).rejects.toMatchObject({
      code: 'COMMAND_REFUSED',
      message: expect.stringContaining('the secret "KEY" may not be an argument'),
    });
    const inEnv = { ...bash('test "$KEY" = k3y-"value"'), env: { KEY: 'k3y-value' } };
    const allowed = commandHandler(options({ envNames: ['KEY'] }));
    await expect(allowed.run(givenContext({ params: inEnv, secrets }).ctx)).resolves.toBeUndefined();
  });

  test.each([
    [
      'a command that is not allowed',
      { command: '/bin/bash' },
      {},
      'the owner of this executor allows bash, node, nowhere',
    ],
    ['any command when none is allowed', { command: 'bash' }, { allow: [] }, 'commandHandler({ allow: [...] })'],
    ['a directory when none is allowed', { command: 'bash', cwd: '/tmp' }, {}, 'dirs'],
    ['a variable that may not be set', { command: 'bash', env: { LD_PRELOAD: 'x' } }, {}, 'LD_PRELOAD'],
    [
      'arguments that the owner refuses',
      { command: 'tar', args: ['--to-command=id'] },
      { allow: [{ name: 'tar', path: '/bin/tar', refuseArgs: (args: readonly string[]) => `no ${args[0]}` }] },
      'tar: no --to-command=id',
    ],
    ['arguments without end', { command: 'bash', args: ['x'.repeat(140_000)] }, {}, '131072 bytes'],
  ])('%s', async (_, params, more, why) => {
    await expect(start(params, more).run).rejects.toMatchObject({
      code: 'COMMAND_REFUSED',
      message: expect.stringContaining(why),
    });
  });

  test('a program by a path that is not absolute, when the handler is made', () => {
    expect(() => commandHandler({ allow: [{ name: 'tar', path: 'tar' }] })).toThrow('needs an absolute path');
  });
});

describe('the end of a command is the end of its whole group', () => {
  test('on a kill, with a child and a grandchild that heed no SIGTERM', async () => {
    const caller = nextCaller();
    const { run, stop } = start(
      bash(`trap "" TERM; ${callIn()}; (trap "" TERM; (trap "" TERM; sleep 600) & wait) & wait; wait`),
    );
    const line = await caller;
    const reason = new AttemptStopped('killed');
    stop.abort(reason);
    await expect(run).rejects.toBe(reason);
    await hungUp(line);
  }, 30_000);

  test('on its own timeout', async () => {
    const caller = nextCaller();
    const { run } = start({ ...bash(`${callIn()}; sleep 600`), timeoutMs: 500 });
    const line = await caller;
    await expect(run).rejects.toMatchObject({
      code: 'DEADLINE_PASSED',
      message: expect.stringContaining('500 ms'),
      retryable: true,
    });
    await hungUp(line);
  }, 30_000);

  test('also when it ends by itself and leaves a process behind', async () => {
    const caller = nextCaller();
    const { run, lines } = start(bash(`${callIn()}; sleep 600 & echo done`));
    await run;
    expect(lines).toEqual(['INFO  done', 'WARN  bash left processes behind: they were ended with it']);
    await hungUp(await caller);
  }, 30_000);

  test('a process that has left the group does not hold the run up by the output that it keeps open', async () => {
    const caller = nextCaller();
    const escapee = `${callIn()}; echo $$ >&9; echo up > "$0"; exec sleep 600`;
    const { run } = start(bash('mkfifo "$1"; setsid bash -c "$2" "$1" & read -r _ < "$1"', [join(dir, 'up'), escapee]));
    const line = await caller;
    const [pid] = await once(line, 'data');
    await run;
    expect(line.closed).toBe(false);
    process.kill(Number(String(pid)), 'SIGKILL');
    await hungUp(line);
  }, 30_000);

  test('when the node dies by SIGKILL', async () => {
    const caller = nextCaller();
    const node = spawn(process.execPath, [join(import.meta.dirname, 'processes', 'command-process.ts'), callIn()], {
      stdio: 'ignore',
    });
    const line = await caller;
    node.kill('SIGKILL');
    await hungUp(line);
  }, 60_000);

  test('a run that was stopped before its start starts nothing', async () => {
    const given = givenContext({ params: { ...bash('echo ran'), env: {} } });
    const reason = new AttemptStopped('killed');
    given.stop.abort(reason);
    await expect(commandHandler(options()).run(given.ctx)).rejects.toBe(reason);
    expect(given.lines).toEqual([]);
  });
});
