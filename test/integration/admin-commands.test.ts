import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { findProgram } from '../run/find-program.ts';
import { type AdminCommands, adminCommands } from '../support/admin-commands.ts';
import { nightBench } from '../support/night-command.ts';

const MAIN = fileURLToPath(new URL('../../deploy/cli/main.ts', import.meta.url));
const bench = nightBench();
afterAll(() => bench.remove());

let served: Promise<AdminCommands> | null = null;
/** One scheduler for all tests of this file, with an administrator and a key. */
const scheduler = (): Promise<AdminCommands> => (served ??= adminCommands(bench));

test('the first start of a scheduler prints a link that makes one administrator, once; without --no-admin there is an API', {
  timeout: 300_000,
}, async () => {
  const { root, link } = await scheduler();
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/setup#[0-9a-f]+$/);
  expect(await (await fetch(`${root}/api/v1/setup`)).json()).toEqual({ needed: false });
});

test('dev prints the link as well', { timeout: 300_000 }, async () => {
  const dev = bench.start(['dev', '--port', '0', '--no-samples', '--json']);
  await dev.shows('"setup_link"');
  const [, url = ''] = /"setup_link","url":"([^"]+)"/.exec(dev.output()) ?? [];
  const root = new URL(url).origin;
  expect(await (await fetch(`${root}/api/v1/setup`)).json()).toEqual({ needed: true });
  dev.child.kill('SIGTERM');
  expect((await dev.ended).code).toBe(143);
});

const FILE = `# the night
groups:
  - name: billing
    title: Billing
calendars:
  - name: cn
    datesOut: [2026-10-01]
jobs:
  - name: collect
    group: billing
    handler: collect
    route: SHARDING_BROADCAST
    schedule: { kind: cron, dialect: unix, text: 0 2 * * *, zone: Asia/Shanghai }
    limits: { calendar: cn }
  - name: close
    group: billing
    handler: close
    route: FIRST
chains:
  - name: month-end
    nodes: [collect, close]
    edges: [{ from: collect, to: close }]
`;

test('a file is shown, applied, and changes nothing the second time; what is exported changes nothing either', {
  timeout: 300_000,
}, async () => {
  const { run } = await scheduler();
  const path = (name: string, text: string): string => {
    writeFileSync(join(bench.dir, name), text);
    return name;
  };
  const file = path('night.yaml', FILE);
  const shown = await run('apply', file, '--dry-run');
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('+ job collect') });
  const unasked = await run('apply', file);
  expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('give --yes') });
  expect((await run('jobs', '--json')).stdout).toBe('{"jobs":[]}\n');
  expect(await run('apply', file, '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('night.yaml is applied: 5 new\n'),
  });
  const again = await run('apply', file, '--yes');
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing is to be changed') });

  for (const [name, flags] of [
    ['out.yaml', []],
    ['out.json', ['--json']],
  ] as const) {
    const out = await run('export', ...flags);
    expect(out.code).toBe(0);
    const back = await run('apply', path(name, out.stdout), '--json');
    expect(back).toMatchObject({ code: 0, stdout: '{"applied":false,"changes":[]}\n' });
  }
  const changed = await run('apply', path('more.yaml', FILE.replace('0 2 * * *', '0 3 * * *')), '--yes');
  expect(changed.stdout).toContain('    schedule.text: "0 2 * * *" -> "0 3 * * *"\n');
});

/** The program of util-linux that gives a command a terminal of its own. */
const SCRIPT = findProgram(['script']);

test.skipIf(SCRIPT === null)(
  'on a terminal it asks, and only a yes is one: not an empty line, nor Ctrl-D, nor Ctrl-C',
  {
    timeout: 300_000,
  },
  async () => {
    const { run, root, key } = await scheduler();
    writeFileSync(
      join(bench.dir, 'asked.yaml'),
      'jobs: [{ name: asked, group: nobody, handler: asked, route: FIRST }]',
    );
    const typed = async (text: string) => {
      const child = spawn(
        SCRIPT ?? '',
        ['-qec', '"$NODE" "$MAIN" apply asked.yaml --schedulers "$ROOT"', '/dev/null'],
        {
          cwd: bench.dir,
          env: {
            ...process.env,
            ...{ NODE: process.execPath, MAIN, ROOT: root, DAYBREAK_API_KEY: key, TERM: 'xterm', SHELL: '/bin/sh' },
          },
        },
      );
      let shown = '';
      child.stdout.on('data', (part: Buffer) => {
        const wasAsked = shown.includes('[y/N]');
        shown += part.toString();
        if (!wasAsked && shown.includes('[y/N]')) child.stdin.write(text);
      });
      const [code] = (await once(child, 'close')) as [number];
      return { code, isChanged: !shown.includes('daybreak: nothing was changed') };
    };
    const answers = await Promise.all([typed('\r'), typed('\u0004'), typed('\u0003')]);
    expect(answers).toEqual([2, 2, 130].map((code) => ({ code, isChanged: false })));
    expect((await run('jobs', '--search', 'asked', '--json')).stdout).toBe('{"jobs":[]}\n');
    expect(await typed('y\r')).toEqual({ code: 0, isChanged: true });
    expect((await run('jobs', '--search', 'asked', '--json')).stdout).toContain('"name":"asked"');
  },
);

test('a wrong field is named with its path and line, in YAML and in JSON', { timeout: 300_000 }, async () => {
  const { run } = await scheduler();
  const refused = async (name: string, text: string): Promise<string> => {
    writeFileSync(join(bench.dir, name), text);
    const ended = await run('apply', name, '--yes');
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    return ended.stderr;
  };
  const wrong = FILE.replace('0 2 * * *', '99 2 * * *')
    .replaceAll('collect', 'other')
    .replace('route: FIRST', 'rout: FIRST');
  const said = await refused('wrong.yaml', wrong);
  expect(said).toContain('wrong.yaml:13:');
  expect(said).toContain('jobs[0].schedule.text (job "other")');
  expect(said).toMatch(/wrong\.yaml:18:5: jobs\[1\].*rout/);
  const many = FILE.replace('route: FIRST', 'route: NONE\n    priority: 99\n    retry: { count: -1, factor: 0 }');
  const lines = (await refused('many.yaml', many)).split('\n').filter((line) => line.startsWith('many.yaml:'));
  expect(lines.map((line) => /jobs\[\d\]\.([\w.]+)/.exec(line)?.[1])).toEqual([
    'route',
    'priority',
    'retry.count',
    'retry.factor',
  ]);
  expect(await refused('twice.yaml', 'jobs: []\njobs: []\n')).toContain('twice.yaml:2:1: ');
  expect(await refused('odd.json', '{\n  "jobs": [],\n  "jbos": []\n}')).toContain('odd.json:3:');
});

test('jobs, runs, trigger and kill ask the API with a key, and the record of it verifies', {
  timeout: 300_000,
}, async () => {
  const { run, root } = await scheduler();
  writeFileSync(
    join(bench.dir, 'one.yaml'),
    'jobs: [{ name: by-hand, group: nobody, handler: by-hand, route: FIRST, title: By hand }]',
  );
  expect((await run('apply', 'one.yaml', '--yes')).code).toBe(0);
  const listed = JSON.parse((await run('jobs', '--search', 'by-hand', '--json')).stdout) as { jobs: { id: number }[] };
  expect(listed.jobs).toMatchObject([{ name: 'by-hand', title: 'By hand' }]);

  const dry = await run('trigger', 'by-hand', '--date', '2026-11-20', '--dry-run');
  expect(dry.stdout).toContain('by-hand for 2026-11-20 would wait: no executor of group "nobody" is alive');
  expect(dry.stdout).toContain('nothing of this has happened');
  expect(JSON.parse((await run('runs', '--job', 'by-hand', '--json')).stdout)).toEqual({ runs: [] });
  const order = ['trigger', 'by-hand', '--date', '2026-11-20', '--request-id', 'r1', '--json'];
  const first = JSON.parse((await run(...order)).stdout) as { runId: number };
  expect(first).toMatchObject({ created: true, requestId: 'r1' });
  expect(JSON.parse((await run(...order)).stdout)).toMatchObject({ created: false, runId: first.runId });
  // Nobody is there to work it: it waits, and can be ended.
  const open = await run('runs', '--job', 'by-hand', '--state', 'open', '--json');
  expect(JSON.parse(open.stdout)).toMatchObject({ runs: [{ id: first.runId, businessDate: '2026-11-20' }] });
  expect(await run('logs', String(first.runId))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('has no attempt yet'),
  });
  expect(await run('logs', '987654')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('run 987654, or this key may not see it'),
  });
  const killed = await run('kill', String(first.runId), '--reason', 'wrong date');
  expect(killed).toMatchObject({ code: 0, stdout: `run ${first.runId} is ended\n` });
  expect((await run('runs', String(first.runId))).stdout).toMatch(/^run \d+ of by-hand for 2026-11-20: cancelled/);

  const verified = await run('audit', 'verify', '--json');
  expect(verified.code).toBe(0);
  const { head, anchor } = JSON.parse(verified.stdout) as { head: string; anchor: string };
  expect(anchor).toMatch(new RegExp(`^${head}@[0-9]+$`));
  expect((await run('audit', 'verify', '--anchor', anchor)).code).toBe(0);
  const moved = await run('audit', 'verify', '--anchor', `${head}@1`);
  expect(moved).toMatchObject({ code: 3, stdout: expect.stringContaining('entry 1 has another hash') });
  expect((await run('audit', 'verify', '--head', head)).code).toBe(0);
  expect(await run('audit', 'verify', '--head', 'f'.repeat(64))).toMatchObject({ code: 3 });

  const noKey = await bench.run(['jobs', '--schedulers', root]);
  expect(noKey).toMatchObject({ code: 2, stderr: expect.stringContaining('no API key is given') });
  const wrongKey = await bench.run(['jobs', '--schedulers', root], { DAYBREAK_API_KEY: `dbk_${'0'.repeat(64)}` });
  expect(wrongKey).toMatchObject({ code: 2, stderr: expect.stringContaining('does not take this key') });
});
