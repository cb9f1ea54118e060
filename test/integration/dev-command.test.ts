import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { nightBench, type Started } from '../support/night-command.ts';

const bench = nightBench();
afterAll(() => bench.remove());
/** The night's cron never comes: each test says what is fired. */
const dev = ['dev', '--port', '0', '--json', '--cron', '0 0 0 1 1 ? 2099'];

interface Told {
  readonly event: string;
  readonly [key: string]: unknown;
}

/** A dev that was started, with what it tells, line by line. */
function listen(started: Started) {
  const told: Told[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  started.child.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) told.push(JSON.parse(line) as Told);
    for (const look of [...waiting]) look();
  });
  /** The first such event after `since` ones. */
  const event = (is: Partial<Told>, since = 0): Promise<Told> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = told.slice(since).find((one) => Object.entries(is).every(([key, value]) => one[key] === value));
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void started.ended.then((ended) =>
        reject(new Error(`${JSON.stringify(is)} never came: ${JSON.stringify(ended)}`)),
      );
    });
  return { ...started, told, event };
}
const startDev = (...more: string[]) => listen(bench.start([...dev, ...more]));

test.concurrent('dev settles a night, has its home for itself, and goes on from its store after a stop and after a kill -9', {
  timeout: 300_000,
}, async () => {
  const first = startDev('--now');
  const { url } = await first.event({ event: 'up' });
  expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'up' });
  const second = await bench.run(dev);
  expect(second.code).toBe(2);
  expect(second.stderr).toMatch(
    /^daybreak: process \d+ works in .*dev already, .*name another folder with --home DIR\n$/,
  );

  const reconciled = await first.event({ event: 'run_ended', job: 'reconcile', state: 'succeeded' });
  expect(reconciled.result).toMatchObject({ conservation: 'holds' });
  expect(existsSync((reconciled.result as { report: string }).report)).toBe(true);
  expect(await first.event({ event: 'chain_ended' })).toMatchObject({
    chain: 'nightly-settlement',
    state: 'succeeded',
  });
  expect(first.told.filter(({ event }) => event === 'chain_fired')).toHaveLength(1);
  const joined = first.told.filter(({ event }) => event === 'executor_joined');
  expect(new Set(joined.map(({ group, address }) => `${group} ${address}`)).size).toBe(3);
  expect(first.told.filter(({ event, job }) => event === 'run_ended' && job === 'verification-sweep')).toEqual([]);
  first.child.kill('SIGTERM');
  expect((await first.ended).code).toBe(143);

  const third = startDev();
  expect(await third.event({ event: 'up' })).toMatchObject({ openChainRuns: 0, openRuns: 0 });
  const fired = await bench.run(['dev', '--fire', 'nightly-settlement']);
  expect(fired).toMatchObject({ code: 0, stdout: 'chain nightly-settlement is fired: chain run 2\n' });
  expect(await third.event({ event: 'chain_fired' })).toMatchObject({ chainRunId: 2 });
  const unknown = await bench.run(['dev', '--fire', 'nothing']);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no job or chain "nothing"') });
  await third.event({ event: 'run_ended', job: 'import-plans' });
  third.child.kill('SIGKILL');
  await third.ended;

  const fourth = startDev();
  expect(await fourth.event({ event: 'up' })).toMatchObject({ openChainRuns: 1 });
  const ended = await fourth.event({ event: 'chain_ended' });
  expect(ended).toMatchObject({ chainRunId: 2, state: 'succeeded' });
  expect(fourth.told.filter(({ event }) => event === 'chain_fired')).toEqual([]);
  // Its executors are the ones of before, at their addresses: nobody has to be told that those are lost.
  const addresses = ({ told }: typeof first) =>
    told.filter(({ event }) => event === 'executor_joined').map(({ address }) => String(address));
  expect(new Set([...addresses(first), ...addresses(third), ...addresses(fourth)]).size).toBe(3);
  expect(fourth.told.filter(({ event, kind }) => event === 'executor_silent' || kind === 'EXECUTOR_LOST')).toEqual([]);
  fourth.child.kill('SIGINT');
  expect((await fourth.ended).code).toBe(130);
});

test.concurrent('a jobs file is taken up as it changes, and one that cannot be used changes nothing', async () => {
  const path = join(bench.dir, 'my jobs.mjs');
  const job = (id: number, name: string) =>
    `{ id: ${id}, name: '${name}', handler: '${name}', group: 'my-app', route: 'ROUND', block: 'PARALLEL' }`;
  // Renamed into its place, so that nobody reads half of it.
  const write = (text: string): void => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  write(`export const jobs = [${job(1, 'greet')}];`);
  const home = ['--home', 'with-jobs'];
  const running = listen(bench.start(['dev', '--port', '0', '--json', ...home, '--no-samples', '--jobs', path]));
  await running.event({ event: 'up' });
  expect((await bench.run(['dev', ...home, '--fire', 'greet'])).stdout).toBe('job greet is fired: run 1\n');
  await running.event({ event: 'fired', job: 'greet' });
  expect(await running.event({ event: 'run_waits' })).toMatchObject({ job: 'greet', group: 'my-app' });

  write('export const jobs = [\n;');
  expect((await running.event({ event: 'jobs_refused' })).message).toContain('line 2: Unexpected token');
  write(`export const jobs = [${job(1, 'greet')}, ${job(2, 'wave')}];`);
  expect(await running.event({ event: 'jobs_loaded' })).toMatchObject({ jobs: 2, chains: 0 });
  expect((await bench.run(['dev', ...home, '--fire', 'wave'])).stdout).toBe('job wave is fired: run 2\n');
  running.child.kill('SIGTERM');
  expect((await running.ended).code).toBe(143);
});

test.concurrent('a port that is taken, a host that is none, and a dev that does not run are said in words', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const home = ['--home', 'refused'];
  const [byPort, byHost, token, noFile] = await Promise.all([
    bench.run(['dev', ...home, '--port', String(port), '--no-samples']),
    bench.run(['dev', '--home', 'refused too', '--host', '192.0.2.1', '--port', '0', '--no-samples']),
    bench.run(['dev', '--home', 'nobody', '--token']),
    bench.run(['dev', '--home', 'refused three', '--jobs', 'absent.mjs']),
  ]);
  taken.close();
  expect(byPort).toMatchObject({
    code: 2,
    stderr: `daybreak: --port ${port} is taken on 127.0.0.1: name another with --port N, or --port 0 for any free one\n`,
  });
  expect(byHost).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--host 192.0.2.1 is no address of this machine'),
  });
  expect(token).toMatchObject({ code: 2, stderr: expect.stringContaining('no daybreak dev runs in') });
  expect(existsSync(join(bench.dir, 'nobody'))).toBe(false);
  expect(noFile).toMatchObject({ code: 2, stderr: expect.stringContaining('absent.mjs: it is not there') });
});

test.concurrent('people see lines, the join command among them, and never the access token', async () => {
  const running = bench.start(['dev', '--home', 'for people', '--port', '0', '--no-samples']);
  await running.shows('DAYBREAK_JOIN_TOKEN=join-');
  const { stdout: token } = await bench.run(['dev', '--home', 'for people', '--token']);
  expect(token).toMatch(/^join-[0-9a-f]{32}\n$/);
  running.child.kill('SIGTERM');
  const { code, stdout, stderr } = await running.ended;
  expect({ code, stderr }).toMatchObject({ code: 143, stderr: expect.stringContaining('daybreak: stopping') });
  expect(stdout).toContain('daybreak dev is up at http://127.0.0.1:');
  const secret = readFileSync(join(bench.dir, 'for people/dev/access-token'), 'utf8').trim();
  const log = readFileSync(join(bench.dir, 'for people/dev/logs/dev.log'), 'utf8');
  expect(stdout + stderr + log).not.toContain(secret);
});

/** Somebody who is logged in at the API of a dev. */
async function person(url: string, path: string, credentials: object) {
  const at = `${url}/api/v1`;
  const json = { 'content-type': 'application/json' };
  const known = await fetch(at + path, { method: 'POST', headers: json, body: JSON.stringify(credentials) });
  const cookie = known.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { csrfToken } = (await known.json()) as { csrfToken: string };
  const headers = { ...json, cookie, 'x-csrf-token': csrfToken };
  return async (path: string, order?: object) => {
    const init = order === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(order) };
    return (await (await fetch(at + path, init)).json()) as Record<string, never>;
  };
}

test.concurrent('a night that leaves something: what is open is asked again, and two people settle what is theirs', {
  timeout: 300_000,
}, async () => {
  const unsettled = ['--home', 'unsettled', '--now', '--faults', 'unsettled', '--night-lasts', '20'];
  const running = startDev(...unsettled);
  const { url } = await running.event({ event: 'up' });
  const link = String((await running.event({ event: 'setup_link' })).url);
  const passwords = { first: 'correct horse battery', next: 'another horse battery' };
  const root = await person(String(url), '/setup', {
    token: link.split('#')[1],
    name: 'root',
    password: passwords.first,
  });
  const join = async (name: string, permissions: string[]) => {
    await root('/users', { name, password: passwords.first, grants: [{ group: 'settlement', permissions }] });
    const first = await person(String(url), '/session', { name, password: passwords.first });
    await first('/session/password', { current: passwords.first, next: passwords.next });
    return person(String(url), '/session', { name, password: passwords.next });
  };
  const [maker, checker] = [await join('ann', ['view', 'run']), await join('bob', ['view', 'approve'])];
  // Alarms can be tried out with whatever listens on this machine.
  const receiver = createServer((socket) => socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'));
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const channel = await root('/alarm-channels', { name: 'hook', kind: 'webhook', settings: { url: hook } });
  expect(await root(`/alarm-channels/${channel.id}/test`, {})).toEqual({ sent: true, problem: null });
  receiver.close();
  await running.event({ event: 'chain_ended' });

  const open = (await maker('/items/unresolved?group=settlement')) as unknown as {
    items: { requestNo: string | null; state: string; nextCheckAtMs: number | null }[];
  };
  const inTheAir = open.items.find(({ state }) => state === 'PROCESSING');
  expect(inTheAir?.nextCheckAtMs).toEqual(expect.any(Number));
  expect(await maker('/items/ask-now', { group: 'settlement', requestNo: inTheAir?.requestNo })).toMatchObject({
    asked: true,
  });
  const theirs = (await maker('/items/unresolved?group=settlement&state=MANUAL')) as unknown as {
    items: { requestNo: string; amountMinor: string }[];
  };
  const [{ requestNo, amountMinor } = { requestNo: '', amountMinor: '' }] = theirs.items;
  const history = (await maker(`/items/history?group=settlement&requestNo=${requestNo}`)) as unknown as {
    events: { text: string; body: string | null }[];
  };
  const sent = history.events.find(({ text }) => text.startsWith('send: answered'));
  // Of an answer that tells of forty calls only the entry of this one, which names another amount each time.
  expect(JSON.parse(sent?.body ?? '{}')).toMatchObject({ requestNo, amount: Number(amountMinor) + 1 });

  const order = { group: 'settlement', requestNo, as: 'success', reason: 'seen at the bank' };
  const { approvalId } = await maker('/items/resolve', order);
  expect(await maker(`/approvals/${approvalId}/approve`, {})).toMatchObject({ error: { code: 'FORBIDDEN' } });
  expect(await checker(`/approvals/${approvalId}/approve`, {})).toMatchObject({ state: 'approved' });
  const found = await maker(`/items?group=settlement&q=${requestNo}`);
  expect(found).toMatchObject({ items: [{ requestNo, state: 'SUCCESS', reason: 'BY_HAND' }] });
  const { items: nights } = (await maker('/nights?group=settlement')) as unknown as { items: { nightId: string }[] };
  const report = (await maker(`/nights/report?group=settlement&nightId=${nights[0]?.nightId}`)) as unknown as {
    sections: { name: string; rows: unknown[][] }[];
  };
  const differences = report.sections.find(({ name }) => name === 'differences')?.rows ?? [];
  expect(differences.map(([kind]) => kind)).toContain('AMOUNT_DIFFERS');
  running.child.kill('SIGTERM');
  await running.ended;
});
