import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Ended, Started } from './night-command.ts';

/** A scheduler process on an embedded store, somebody who is its administrator, and a key of theirs. */
export interface AdminCommands {
  readonly root: string;
  readonly link: string;
  readonly key: string;
  readonly process: Started;
  /** A command with `--schedulers` and the key in its variable. */
  run(...args: string[]): Promise<Ended>;
  ask<T>(method: string, path: string, body?: object): Promise<T>;
}

const PASSWORD = 'correct horse battery';

export async function adminCommands(bench: Bench): Promise<AdminCommands> {
  const token = join(bench.dir, 'access-token');
  writeFileSync(token, '0123456789abcdef0123456789abcdef\n');
  const process = bench.start([
    ...['scheduler', '--store', 'sqlite:admin.db', '--port', '0', '--access-token-file', token],
  ]);
  await process.shows(/make the first administrator at \S+/);
  const [, link = ''] = /make the first administrator at (\S+)/.exec(process.output()) ?? [];
  const { origin: root, hash } = new URL(link);
  const set = await fetch(`${root}/api/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: hash.slice(1), name: 'root', password: PASSWORD }),
  });
  const { csrfToken } = (await set.json()) as { csrfToken: string };
  const cookie = (set.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const made = await fetch(`${root}/api/v1/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie, 'x-csrf-token': csrfToken },
    body: JSON.stringify({ name: 'commands', isAdmin: true }),
  });
  const { key } = (await made.json()) as { key: string };
  return {
    root,
    link,
    key,
    process,
    run: (...args) => bench.run([...args, '--schedulers', root], { DAYBREAK_API_KEY: key }),
    async ask(method, path, body) {
      const answer = await fetch(`${root}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return (await answer.json()) as never;
    },
  };
}
