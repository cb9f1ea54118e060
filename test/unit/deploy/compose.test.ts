import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { executorOptions } from '../../../deploy/cli/cluster/executor-options.ts';
import { schedulerOptions } from '../../../deploy/cli/cluster/scheduler-options.ts';
import { COMMANDS } from '../../../deploy/cli/options/commands.ts';
import { type Configured, configure } from '../../../deploy/cli/options/configure.ts';
import { parseCommandLine } from '../../../deploy/cli/options/parse-command-line.ts';
import { readYaml, type Yaml } from '../../support/read-yaml.ts';

const ROOT = join(import.meta.dirname, '../../..');
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
type Service = { readonly [key: string]: Yaml };
const compose = readYaml(textOf('deploy/compose.yaml')) as {
  services: Record<string, Service>;
  secrets: Service;
  volumes: Service;
};
const ours = Object.entries(compose.services).filter(([, { image }]) => image === 'daybreak');

/** The command line of a service as the container runs it, secrets read from the variables in place of their files. */
function configuredOf(service: Service): Configured {
  const env = Object.fromEntries(
    Object.entries((service.environment ?? {}) as Record<string, string>).map(([name, value]) =>
      value.startsWith('/run/secrets/')
        ? [name.replace(/_FILE$/, ''), SECRETS[value.slice('/run/secrets/'.length)]]
        : [name, value],
    ),
  );
  const line = parseCommandLine(service.command as string[], {});
  if (line.kind !== 'run') throw new Error(`not a run: ${JSON.stringify(service.command)}`);
  return configure(line.command, line.given, { env, cwd: '/data', commands: COMMANDS });
}
const SECRETS: Readonly<Record<string, string>> = {
  'access-token': '0123456789abcdef0123456789abcdef',
  'gateway-key': 'a-key-of-the-gateway',
  'store-url': 'mysql://daybreak:secret@db:3306/daybreak',
};

describe('deploy/compose.yaml', () => {
  test('has a database, a Redis, two schedulers, three executors and a gateway', () => {
    expect(Object.keys(compose.services)).toEqual([
      'db',
      'redis',
      'scheduler-1',
      'scheduler-2',
      'executor',
      'gateway',
      'operator',
    ]);
    expect(compose.services.executor?.deploy).toEqual({ replicas: '3' });
  });

  test.each(ours)('the command line of %s is one that the command takes', (name, service) => {
    // The variables of another command would be passed over in silence.
    const known = COMMANDS.find(({ name: command }) => command === (service.command as string[])[0])?.options ?? [];
    for (const variable of Object.keys(service.environment as object)) {
      expect(
        known.map(({ env }) => env),
        `${name}: ${variable}`,
      ).toContain(variable);
    }
    const given = configuredOf(service);
    if (name.startsWith('scheduler')) {
      expect(schedulerOptions(given, '/data')).toMatchObject({ settlement: true, host: '0.0.0.0', port: 8_080 });
    }
    if (name === 'executor') {
      expect(executorOptions(given, '/data')).toMatchObject({
        schedulers: ['http://scheduler-1:8080', 'http://scheduler-2:8080'],
        address: expect.stringMatching(/^http:\/\/.+:9999\/$/),
        settlement: { gateway: { origin: 'simulator', url: 'http://gateway:9100/' }, reportDir: '/reports' },
      });
    }
  });

  test.each(['scheduler-1', 'scheduler-2'])('the link of the first administrator opens from outside: %s', (name) => {
    const service = compose.services[name] ?? {};
    const [outside = ''] = (service.ports as string[])[0]?.match(/^[\d.]+:\d+/) ?? [];
    expect(schedulerOptions(configuredOf(service), '/data').pageRoot).toBe(`http://${outside}/`);
  });

  test('whoever is depended on is there and says when it is well', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      for (const other of Object.keys((service.depends_on ?? {}) as object)) {
        expect(compose.services[other]?.healthcheck, `${name} depends on ${other}`).toBeTruthy();
      }
      expect(service.restart, name).toBeTruthy();
    }
  });

  test('secrets come by file, each that is used is declared, and no password stands in it', () => {
    const used = Object.values(compose.services).flatMap(({ secrets = [] }) => secrets as string[]);
    expect([...new Set(used)].sort()).toEqual(Object.keys(compose.secrets).sort());
    for (const { environment = {}, secrets = [] } of Object.values(compose.services)) {
      for (const value of Object.values(environment as Record<string, string>)) {
        const secret = /^\/run\/secrets\/(.+)$/.exec(value)?.[1];
        if (secret !== undefined) expect(secrets).toContain(secret);
      }
    }
    expect(textOf('deploy/compose.yaml')).not.toMatch(/PASSWORD: (?!"1")|_TOKEN: |_KEY: |:\/\/[^/@\s]+:[^/@\s]+@/);
    expect(textOf('.gitignore')).toContain('deploy/secrets/');
    expect(textOf('.dockerignore')).toContain('deploy/secrets');
  });

  test('a process has longer to end than its drain', () => {
    for (const [, { stop_grace_period: grace }] of ours)
      expect(Number.parseInt(String(grace), 10)).toBeGreaterThan(30 + 15);
  });
});

describe('deploy/Dockerfile', () => {
  const lines = textOf('deploy/Dockerfile')
    .split('\n')
    .filter((line) => !line.startsWith('#'));

  test('copies what is there, and what .dockerignore lets through', () => {
    const copied = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect(copied.length).toBeGreaterThan(5);
    const through = textOf('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    for (const path of copied) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
      expect(through).toContain(`!${path.split('/')[0]}`);
    }
  });

  test('ends as another user than root, with a health check, and runs the command that is there', () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    expect(last.find((line) => line.startsWith('USER '))).toBe('USER node');
    expect(last.join('\n')).toMatch(/HEALTHCHECK [\s\S]*health-check\.mjs/);
    for (const [, path = ''] of last.join('\n').matchAll(/"\/app\/([^"]+)"/g)) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
    }
  });
});
