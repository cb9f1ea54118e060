import { readImports } from './read-imports.ts';
import { lineAt } from './scan-source.ts';
import type { Finding, SourceFile } from './source-tree.ts';

type Ban = { readonly pattern: RegExp; readonly message: string };

// The whole system runs in one process under one seed; it cannot when a clock, chance or the network comes in unseen.
const BACK_DOORS: readonly Ban[] = [
  { pattern: /\bDate\.now\s*\(/g, message: 'Date.now() asks the machine; take runtime.clock, or tx.nowMs to compare' },
  { pattern: /\bnew\s+Date\s*(\(\s*\)|(?![\w\s(]))/g, message: 'new Date() asks the machine; give it an instant' },
  { pattern: /\bMath\.random\b/g, message: 'Math.random() cannot be repeated; take runtime.random' },
  { pattern: /\brandomUUID\b/g, message: 'randomUUID() cannot be repeated; take runtime.random' },
  {
    pattern: /(?<![.\w])(?:globalThis\.)?set(?:Timeout|Interval|Immediate)\b/g,
    message: "timers are the runtime's; take runtime.sleep",
  },
  { pattern: /(?<![.\w])(?:globalThis\.)?fetch\s*\(/g, message: 'fetch() is no adapter; take the port that fits' },
  { pattern: /\bperformance\.now\b/g, message: 'performance.now() asks the machine; take runtime.clock' },
  { pattern: /\bprocess\.env\b/g, message: 'process.env is read in deploy/; take the setting as an option' },
];

/** Which files may talk to a driver. Whatever is an adapter by its name may talk to any. */
const DRIVERS: readonly { readonly name: RegExp; readonly home: RegExp }[] = [
  { name: /^mysql2(\/|$)/, home: /^shared\/sql\// },
  { name: /^node:sqlite$/, home: /^shared\/sql\// },
  { name: /^(ioredis|redlock)(\/|$)/, home: /\/redis-[\w-]+\.ts$/ },
  {
    name: /^(axios|node:https?|node:http2|node:net|node:tls)(\/|$)/,
    home: /\/http-[\w-]+\.ts$|^shared\/(tls\/tls-files|sql\/mysql-way)\.ts$/,
  },
  { name: /^(fastify|@fastify\/.*)$/, home: /^scheduler\/api\// },
  { name: /^node-cron$/, home: /^scheduler\/clockwork\.ts$/ },
  { name: /^node:(child_process|worker_threads|cluster|dgram)$/, home: /\/process-[\w-]+\.ts$/ },
  { name: /^pino$/, home: /^shared\/logger\.ts$/ },
  { name: /^prom-client$/, home: /^shared\/metrics\.ts$/ },
];

const EVERYWHERE: readonly Ban[] = [
  {
    pattern: /\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}/g,
    message: 'an empty catch swallows; handle it, wrap it or let it rise',
  },
];

const LEFT_BEHIND = /\b(TODO|FIXME)\b/g;

/** An adapter talks to the outside, so it is where a ban ends: by its name, or because the whole folder is outside. */
export function isAdapter(path: string): boolean {
  if (/^(deploy|test|scheduler\/web)\//.test(path)) return true;
  if (path.startsWith('executor/examples/settlement/gateway-simulator/')) return true;
  return /(^|\/)((system|http)-[^/]*|[^/]*-adapter)\.ts$/.test(path);
}

/** The clock, chance, the network and the drivers by the back door; swallowed errors; notes to oneself. */
export function checkBans(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => [
    ...findAll(file, isAdapter(file.path) ? EVERYWHERE : [...EVERYWHERE, ...BACK_DOORS]),
    ...(isAdapter(file.path) ? [] : findDrivers(file)),
    ...findLeftBehind(file),
  ]);
}

function findAll(file: SourceFile, bans: readonly Ban[]): Finding[] {
  return bans.flatMap(({ pattern, message }) =>
    [...file.code.matchAll(pattern)].map(({ index }) => ({
      path: file.path,
      line: lineAt(file.text, index),
      message,
    })),
  );
}

function findDrivers(file: SourceFile): Finding[] {
  return readImports(file).flatMap(({ specifier, line, isTypeOnly }) => {
    const driver = DRIVERS.find(({ name }) => name.test(specifier));
    if (driver === undefined || isTypeOnly || driver.home.test(file.path)) return [];
    return [{ path: file.path, line, message: `talks to ${specifier} itself; that belongs into its adapter` }];
  });
}

function findLeftBehind(file: SourceFile): Finding[] {
  return [...file.comments.matchAll(LEFT_BEHIND)].map(({ index, 0: word }) => ({
    path: file.path,
    line: lineAt(file.text, index),
    message: `${word} left behind; do it, or say why the code is right as it is`,
  }));
}
