import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The page is built by packages of its own, which nobody needs who only runs executors. Who has the sources builds it with
 * this; a package that was published brings the built page along and none of these.
 */
const HERE = fileURLToPath(new URL('./', import.meta.url));
/** What a build writes; other files of the folder are left alone: compiled code may lie beside it. */
const WRITTEN = ['assets', 'index.html', 'manifest.json', 'daybreak.svg'];

/** Tells how far it is, a line at a time. */
export type Tell = (line: string) => void;

/** missing: not built. old: a source is newer. fresh: nothing to do. no_sources: this is a published package. */
export type PageState = 'missing' | 'old' | 'fresh' | 'no_sources';

export function pageState(outFolder: string): PageState {
  if (!existsSync(join(HERE, 'src'))) return 'no_sources';
  const built = statSync(join(outFolder, 'index.html'), { throwIfNoEntry: false });
  if (built === undefined) return 'missing';
  return newestSourceMs() > built.mtimeMs ? 'old' : 'fresh';
}

/** Whether its packages are there, each of the version that its lock names. */
export function isPageInstalled(): boolean {
  const wanted = packagesIn('package-lock.json');
  // npm writes this one as its very last step: without it an install was cut off.
  const installed = packagesIn(join('node_modules', '.package-lock.json'));
  if (wanted === null || installed === null) return false;
  // What is optional depends on the machine.
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional === true || installed[path]?.version === version,
  );
}

type Packages = Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>;

function packagesIn(lock: string): Packages | null {
  const path = join(HERE, lock);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { packages: Packages }).packages : null;
}

/** Builds the page into `outFolder`, e.g. `dist/scheduler/web`. @throws Error with what the build said. */
export async function buildPage(outFolder: string, tell: Tell): Promise<void> {
  tell(`page: building into ${outFolder}`);
  // A folder for each build: two processes that find the page old at the same moment both build it.
  const fresh = `${outFolder}.new-${process.pid}`;
  const vite = join(HERE, 'node_modules', 'vite', 'bin', 'vite.js');
  try {
    await run(process.execPath, [vite, 'build', '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn']);
    putInPlace(fresh, outFolder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  tell('page: built');
}

/** A page that is open in a browser asks for its parts as they are needed, and for so long it finds its own. */
const FORMER_KEPT_MS = 3_600_000;

/** The page itself last: who asks for it meanwhile gets the former one. */
function putInPlace(fresh: string, outFolder: string): void {
  const assets = join(outFolder, 'assets');
  mkdirSync(assets, { recursive: true });
  const kept = new Set(readdirSync(join(fresh, 'assets')));
  const former = readdirSync(assets).filter((name) => !kept.has(name));
  for (const name of WRITTEN.filter((one) => one !== 'index.html')) {
    cpSync(join(fresh, name), join(outFolder, name), { recursive: true });
  }
  cpSync(join(fresh, 'index.html'), join(outFolder, 'index.html.new'));
  renameSync(join(outFolder, 'index.html.new'), join(outFolder, 'index.html'));
  for (const name of former) {
    const builtAtMs = statSync(join(assets, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - builtAtMs > FORMER_KEPT_MS) rmSync(join(assets, name), { force: true });
  }
}

function newestSourceMs(): number {
  const files = ['index.html', 'package.json', 'package-lock.json', 'vite.config.ts'].map((name) => join(HERE, name));
  for (const folder of ['src', 'public']) {
    for (const entry of readdirSync(join(HERE, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(join(entry.parentPath, entry.name));
    }
  }
  return Math.max(...files.map((path) => statSync(path).mtimeMs));
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // npm and vite are those beside this Node.
    const env = {
      ...process.env,
      // Whoever starts it may be something else, as a test is: libraries leave out what is for those only by this.
      NODE_ENV: 'production',
      PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
      NO_COLOR: '1',
    };
    const child = spawn(command, [...args], { cwd: HERE, stdio: ['ignore', 'pipe', 'pipe'], env });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args[0]} ended with ${code}:\n${said.slice(-4_000)}`));
    });
  });
}
