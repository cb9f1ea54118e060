import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { ROUTES } from '../../scheduler/api/admin/contract/routes.ts';
import { mountAdmin } from '../../scheduler/api/admin/mount-admin.ts';
import { openApiDocument } from '../../scheduler/api/openapi.ts';
import { givenAdmin, NOBODY } from '../support/given-admin.ts';

const embedded = async () => ({ url: 'sqlite::memory:', drop: async () => undefined });

function givenFolder(): string {
  const root = mkdtempSync(join(tmpdir(), 'daybreak-page-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'secret.txt'), 'outside');
  const folder = join(root, 'dist');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<meta name="csp-nonce" content="__CSP_NONCE__"><p>the page');
  writeFileSync(join(folder, 'assets', 'main-1a2b.js'), 'start()');
  return folder;
}

test('the page is served with a policy that lets no inline script in, its files as they are named', async () => {
  const { api } = await givenAdmin(embedded, { options: { pageFolder: givenFolder() } });
  for (const url of ['/', '/index.html', '/setup']) {
    const page = await api.inject({ url });
    expect(page.statusCode).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain(`script-src 'self';`);
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain(`frame-ancestors 'none'`);
    const nonce = /'nonce-([0-9a-f]{32})'/.exec(policy)?.[1];
    expect(page.body).toContain(`content="${nonce}"`);
    expect(page.headers['x-content-type-options']).toBe('nosniff');
  }
  const script = await api.inject({ url: '/assets/main-1a2b.js' });
  expect(script.headers['cache-control']).toContain('immutable');
  expect(script.body).toBe('start()');
});

test('an address of the page that was typed without its hash leads to it, and to nowhere else', async () => {
  const { api } = await givenAdmin(embedded, { options: { pageFolder: givenFolder() } });
  for (const [url, leadsTo] of [
    ['/jobs/new', '/#/jobs/new'],
    ['/runs?state=failed', '/#/runs'],
    ['//elsewhere.example/x', '/#/elsewhere.example/x'],
  ] as const) {
    const answer = await api.inject({ url });
    expect([url, answer.statusCode, answer.headers.location]).toEqual([url, 302, leadsTo]);
  }
});

test('nothing beside the files of the page is served', async () => {
  const { api } = await givenAdmin(embedded, { options: { pageFolder: givenFolder() } });
  for (const url of [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/no.js',
    '/api/v1/nothing',
  ]) {
    const answer = await api.inject({ url });
    expect([url, answer.statusCode]).toEqual([url, 404]);
    expect(answer.body).not.toContain('outside');
  }
});

test('a page that is not built yet holds up nothing else', async () => {
  const given = await givenAdmin(embedded, { options: { pageFolder: join(tmpdir(), 'daybreak-no-such-folder') } });
  const notYet = await given.api.inject({ url: '/setup' });
  expect(notYet.statusCode).toBe(503);
  expect(notYet.body).toMatch(/http-equiv="refresh".*npm ci --prefix scheduler\/web.*npm run build/);
  expect((await given.ask('GET /setup', NOBODY)).status).toBe(200);
  expect((await given.api.inject({ url: '/health' })).statusCode).toBe(200);
});

test('the answers of the API are no documents: nothing of them is run, framed or kept', async () => {
  const given = await givenAdmin(embedded);
  const answer = await given.ask('GET /setup', NOBODY);
  expect(answer.headers['content-security-policy']).toContain(`default-src 'none'`);
  expect(answer.headers['cache-control']).toBe('no-store');
});

test('a route that is in no table, or says no right, stops the scheduler from starting', async () => {
  const app = Fastify();
  app.register(async (scope) => {
    mountAdmin(scope, { ctx: { runtime: { clock: { monotonicMs: () => 0 } } }, settings: SETTINGS } as never);
    scope.after(() => undefined);
  });
  const routes = ROUTES as unknown as Record<string, unknown>;
  routes['GET /smuggled'] = { summary: 'x', subject: { kind: 'none' }, reply: {} };
  onTestFinished(() => {
    delete routes['GET /smuggled'];
  });
  await expect(app.ready()).rejects.toThrow(/GET \/api\/v1\/smuggled declares no right/);
});
const SETTINGS = { requestsPerSecond: 1, trustedProxies: [], publicUrl: null, pageFolder: null };

test('every route of the table stands in the document, with what it asks for', () => {
  const { paths } = openApiDocument({ admin: true }) as {
    paths: Record<string, Record<string, { 'x-permission'?: string }>>;
  };
  for (const [name, route] of Object.entries(ROUTES)) {
    const [method = '', path = ''] = name.split(' ');
    const described = paths[`/api/v1${path.replace(/:(\w+)/g, '{$1}')}`]?.[method.toLowerCase()];
    expect(described?.['x-permission'], name).toBe(route.permission);
  }
  const changing = Object.entries(ROUTES).filter(([name]) => !name.startsWith('GET'));
  const silent = changing.filter(([, route]) => !('audit' in route) && !('readsOnly' in route)).map(([name]) => name);
  expect(silent).toEqual([]);
});
