import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Random } from '../../../shared/runtime/runtime.ts';
import { API_POLICY, pagePolicy } from './security-headers.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json; charset=utf-8',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};
/** Stands in the page's html where the nonce of the answer goes. */
const NONCE = '__CSP_NONCE__';
const FILES_MAX = 5_000;

interface PageFile {
  readonly path: string;
  readonly type: string;
}

/**
 * Serves the built page. The list of its files is made when it is there: a request names an entry of that list or gets the
 * page itself, so no path of a request ever reaches the disk. Vite puts a hash into the names below assets/, so those are
 * kept by browsers for a year and the rest is asked for anew.
 */
export function servePage(scope: FastifyInstance, options: { readonly folder: string; readonly random: Random }): void {
  const { folder, random } = options;
  let files: ReadonlyMap<string, PageFile> = new Map();
  let madeAtMs = -1;

  /** The page may be built while the scheduler runs, and built anew. */
  function current(): ReadonlyMap<string, PageFile> {
    const stat = statSync(join(folder, 'index.html'), { throwIfNoEntry: false });
    if (stat === undefined) return new Map();
    if (stat.mtimeMs !== madeAtMs) [files, madeAtMs] = [listFiles(folder), stat.mtimeMs];
    return files;
  }

  const config = { permission: 'admin', admin: 'page' };
  scope.get('/*', { config }, async (request, reply) => {
    const path = (request.url.split('?')[0] ?? '').replace(/^\/+/, '');
    const known = current();
    const file = known.get(path);
    if (file !== undefined && path !== 'index.html') return sendFile(reply, file, path);
    // What has an ending is a file that is not there; anything else is an address inside the page.
    if (/\.[a-z0-9]+$/i.test(path) && path !== 'index.html') return notThere(reply, 'there is no such file');
    if (path.startsWith('api/')) return notThere(reply, 'there is no such route');
    const index = known.get('index.html');
    if (index === undefined) return notBuilt(reply);
    // Addresses inside the page stand behind a hash. A path that somebody typed goes there; the set-up link is a path of its
    // own, because what stands behind its hash is the token.
    if (!['', 'index.html', 'setup'].includes(path)) return reply.redirect(`/#/${path}`);
    const nonce = random.secretHex(16);
    return reply
      .header('content-security-policy', pagePolicy(nonce))
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(readFileSync(index.path, 'utf8').replaceAll(NONCE, nonce));
  });
}

function sendFile(reply: FastifyReply, file: PageFile, path: string): FastifyReply {
  const kept = path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  return reply
    .header('content-security-policy', API_POLICY)
    .header('cache-control', kept)
    .type(file.type)
    .send(readFileSync(file.path));
}

const notThere = (reply: FastifyReply, message: string): FastifyReply =>
  reply.code(404).send({ error: { code: 'NOT_FOUND', message, fields: [], details: {} } });

const notBuilt = (reply: FastifyReply): FastifyReply =>
  reply.code(503).header('content-security-policy', API_POLICY).type('text/html; charset=utf-8').send(
    // It comes again by itself, with what stands behind the hash: a set-up link is opened while the page is being built.
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>Daybreak</title><p>The page is not built yet. Where <code>daybreak dev</code> says that it is building it, wait: this is asked again every 5 seconds. Else, in the clone: <code>npm ci --prefix scheduler/web</code>, <code>npm run build</code>. The API is there: <a href="/openapi.json">openapi.json</a>.',
  );

function listFiles(folder: string): ReadonlyMap<string, PageFile> {
  const found = new Map<string, PageFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }).slice(0, FILES_MAX)) {
    const path = join(entry.parentPath, entry.name);
    const type = TYPES[/\.[a-z0-9]+$/i.exec(entry.name)?.[0] ?? ''];
    if (entry.isFile() && type !== undefined) found.set(relative(folder, path).split(sep).join('/'), { path, type });
  }
  return found;
}
