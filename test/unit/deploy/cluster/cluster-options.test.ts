import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { executorOptions } from '../../../../deploy/cli/cluster/executor-options.ts';
import { schedulerOptions } from '../../../../deploy/cli/cluster/scheduler-options.ts';
import { COMMANDS } from '../../../../deploy/cli/options/commands.ts';
import { configure } from '../../../../deploy/cli/options/configure.ts';
import { parseCommandLine } from '../../../../deploy/cli/options/parse-command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'daybreak-cluster-'));
afterAll(() => rmSync(folder, { recursive: true }));
const TOKEN = '0123456789abcdef0123456789abcdef';
writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
writeFileSync(join(folder, 'key'), 'gateway-key\n');
writeFileSync(join(folder, 'empty'), '\n');
writeFileSync(join(folder, 'short'), 'abcde\n');
writeFileSync(join(folder, 'short.json'), '{"accessToken": "abcde"}');

const given = (words: string[], env: Record<string, string>) => {
  const line = parseCommandLine(words, env);
  if (line.kind !== 'run') throw new Error(`not a run: ${line.kind}`);
  return configure(line.command, line.given, { env, cwd: folder, commands: COMMANDS });
};
const scheduler = (words: string[], env: Record<string, string> = {}) =>
  schedulerOptions(given(['scheduler', ...words], env), folder);
const executor = (words: string[], env: Record<string, string> = {}) =>
  executorOptions(given(['executor', ...words], env), folder);

const token = ['--access-token-file', 'token'];
const store = ['--store', 'mysql://root:hush@db/x'];
const group = ['--group', 'orders', '--handlers', 'h.mjs', '--schedulers', 'http://a:1', ...token];
const settling = [
  '--settlement',
  '--schedulers',
  'http://a:1',
  '--gateway',
  'http://g:1',
  '--gateway-key-file',
  'key',
  ...store,
  ...token,
];

describe('the options of a scheduler', () => {
  test('with what it needs, the rest has its default', () => {
    expect(scheduler([...store, ...token])).toEqual({
      store: expect.objectContaining({ kind: 'mysql', label: 'mysql://root@db/x' }),
      storeConnections: 10,
      admin: { alarmNetworks: [], plainWebhooks: false, publicUrl: null, trustedProxies: [] },
      pageRoot: null,
      redisUrl: null,
      cluster: 'daybreak',
      host: '127.0.0.1',
      port: 8_080,
      address: 'http://127.0.0.1:8080/',
      accessToken: TOKEN,
      previousAccessToken: null,
      jobsPath: null,
      settlement: false,
      allowedNetworks: null,
      arrivalRoots: [],
      silentAfterMs: 45_000,
      goneAfterMs: 90_000,
      waitMs: 60_000,
      migrate: true,
      drainMs: 10_000,
    });
  });

  test.each<[string, string[], Record<string, string>, string]>([
    ['no store', token, {}, '--store is missing: write mysql://'],
    ['no token', store, {}, 'no access token is given: make one with: openssl rand -hex 32 > FILE'],
    [
      'a short token',
      store,
      { DAYBREAK_ACCESS_TOKEN: 'abcdefghijklmnop' },
      'DAYBREAK_ACCESS_TOKEN: the token has 16 bytes and needs 32 or more',
    ],
    [
      'a token file with a short token',
      [...store, '--access-token-file', 'short'],
      {},
      '--access-token-file: the token has 5 bytes',
    ],
    [
      'a short token in a configuration file',
      [...store, '--config', 'short.json'],
      {},
      'short.json: the token has 5 bytes',
    ],
    ['a token of one letter', store, { DAYBREAK_ACCESS_TOKEN: 'a'.repeat(40) }, 'repeats itself'],
    ['two stores', [...store, ...token, '--store-file', 'key'], {}, '--store-file and the store itself are both given'],
    [
      'two tokens',
      [...store, ...token],
      { DAYBREAK_ACCESS_TOKEN: TOKEN },
      'are both given: give one of them (DAYBREAK_ACCESS_TOKEN and the configuration file count too)',
    ],
    [
      'no network',
      [...store, ...token, '--allow-networks', '10.0.0.0'],
      {},
      '--allow-networks: "10.0.0.0" is no network',
    ],
    ['no proxy', [...store, ...token, '--trusted-proxies', 'x'], {}, '--trusted-proxies: "x" is no network'],
    [
      'no network for alarms',
      [...store, ...token, '--alarm-networks', 'x/8'],
      {},
      '--alarm-networks: "x/8" is no network',
    ],
    ['a token file that is not there', [...store, '--access-token-file', 'none'], {}, 'cannot be read (ENOENT)'],
    [
      'a token file that is empty',
      [...store, '--access-token-file', 'empty'],
      {},
      'is empty: write the secret into it',
    ],
    ['a Redis that is none', [...store, ...token, '--redis', 'http://x'], {}, '--redis is no redis:// URL'],
    [
      'words of TLS that nobody knows',
      ['--store', 'mysql://me:hush@db/x?tls=on', ...token],
      {},
      'mysql://me:***@db/x has tls=on, which is none of off, verified, unverified',
    ],
    [
      'words of TLS for a Redis without it',
      [...store, ...token, '--redis', 'redis://x?tls=verified'],
      {},
      'which only rediss:// has',
    ],
    ['a name that cannot be', [...store, ...token, '--cluster', 'a b'], {}, '--cluster must have 1 to 64'],
    ['a port that is none', [...store, ...token, '--port', '70000'], {}, '--port "70000" is no whole number'],
    ['gone before silent', [...store, ...token, '--gone-after-ms', '45000'], {}, 'must be more than --silent-after-ms'],
    ['a short token of before', [...store, ...token], { DAYBREAK_PREVIOUS_ACCESS_TOKEN: 'short' }, 'needs 32 or more'],
  ])('%s is refused in a sentence that shows no secret', (_, words, env, sentence) => {
    expect(() => scheduler(words, env)).toThrow(sentence);
    try {
      scheduler(words, env);
    } catch (error) {
      expect(String(error)).not.toMatch(/hush|abcdefgh|aaaa/);
    }
  });
});

describe('the options of an executor', () => {
  test('with handlers of its own it needs neither store nor gateway', () => {
    expect(executor([...group, '--labels', 'region=north,rack=3'])).toMatchObject({
      schedulers: ['http://a:1'],
      store: null,
      group: 'orders',
      handlersPath: join(folder, 'h.mjs'),
      settlement: null,
      labels: { region: 'north', rack: '3' },
      hold: null,
      port: 9_999,
      slots: null,
      heartbeatMs: 15_000,
      drainMs: 30_000,
    });
  });

  test('with the settlement it knows its gateway, and its group by itself', () => {
    expect(executor(settling)).toMatchObject({
      group: 'settlement',
      settlement: {
        gateway: { key: 'gateway-key', origin: 'http://g:1' },
        gatewayTimeoutMs: 10_000,
        chunkSize: 1_000,
        callback: null,
        reportDir: join(folder, 'daybreak-data/executor/nights'),
      },
    });
    const named = executor([
      ...settling,
      '--gateway-name',
      'bank',
      '--callback-port',
      '0',
      '--hold',
      '--health-port',
      '0',
    ]);
    expect(named.settlement).toMatchObject({
      gateway: { origin: 'bank' },
      callback: { port: 0, secret: 'gateway-key' },
    });
    expect(named.hold).toEqual({ healthPort: 0 });
  });

  test.each<[string, string[], string]>([
    [
      'nothing to run',
      ['--schedulers', 'http://a:1', ...token],
      'there is nothing to run: give --handlers FILE, or --settlement',
    ],
    ['no group', ['--handlers', 'h.mjs', '--schedulers', 'http://a:1', ...token], '--group is missing'],
    ['no schedulers', ['--group', 'g', '--handlers', 'h.mjs', ...token], 'or set DAYBREAK_SCHEDULERS'],
    [
      'a scheduler with a user',
      [...group.slice(0, 4), '--schedulers', 'http://u:p@a:1', ...token],
      '--schedulers must hold addresses',
    ],
    [
      'a settlement without a store',
      settling.filter((word) => !store.includes(word)),
      '--settlement needs --store mysql://',
    ],
    [
      'a settlement without a gateway',
      settling.filter((word) => !['--gateway', 'http://g:1'].includes(word)),
      '--settlement needs --gateway URL',
    ],
    [
      'a gateway without a key',
      settling.filter((word) => !['--gateway-key-file', 'key'].includes(word)),
      '--gateway needs a key',
    ],
    [
      'a gateway without a settlement',
      [...group, '--gateway', 'http://g:1'],
      '--gateway is for the settlement: add --settlement',
    ],
    [
      'a callback URL without a port',
      [...settling, '--callback-url', 'http://x/y'],
      '--callback-url needs --callback-port N',
    ],
    ['a port beside a line', [...group, '--hold', '--port', '5'], '--port is not for --hold'],
    ['health pages without a line', [...group, '--health-port', '5'], '--health-port is for --hold'],
    ['labels that are none', [...group, '--labels', 'north'], '--labels "north" is no NAME=TEXT'],
  ])('%s is refused', (_, words, sentence) => {
    expect(() => executor(words)).toThrow(sentence);
  });

  test('what a file or a variable says of the settlement is passed over by an executor without it', () => {
    expect(executor(group, { DAYBREAK_GATEWAY: 'http://g:1', DAYBREAK_HEALTH_PORT: '5' })).toMatchObject({
      settlement: null,
      hold: null,
    });
  });
});
