import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The sources, or what package.json says about them, are not fit to be published. */
export class BuildRefusedError extends Error {}

/** Folders whose other files (the sample, pages, scripts) lie beside the code that reads them by its own place. */
const WITH_ASSETS = ['shared', 'scheduler', 'executor', join('deploy', 'cli')];

/** Plain JavaScript that compiled code imports from the bootstrap. */
const BOOTSTRAP_PARTS = ['end-signals.mjs', 'end-signals.d.mts'];

/**
 * Compiles the package into `outFolder`, because Node refuses TypeScript below node_modules, and copies what is not
 * code. Throws BuildRefusedError when the compiler refuses, or when package.json promises what is not there.
 */
export function buildTo(outFolder: string): void {
  rmSync(outFolder, { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiled = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', outFolder], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (compiled.status !== 0) throw new BuildRefusedError(`the compiler refused:\n${compiled.stdout}${compiled.stderr}`);
  for (const folder of WITH_ASSETS) copyAssets(folder, outFolder);
  for (const part of BOOTSTRAP_PARTS) {
    cpSync(join(ROOT, 'deploy', 'bootstrap', part), join(outFolder, 'deploy', 'bootstrap', part));
  }
  const missing = promisedPaths().filter((path) => !existsSync(join(outFolder, relative('dist', path))));
  if (missing.length > 0)
    throw new BuildRefusedError(`package.json exports what no source makes: ${missing.join(', ')}`);
}

function copyAssets(folder: string, outFolder: string): void {
  if (!existsSync(join(ROOT, folder))) return;
  cpSync(join(ROOT, folder), join(outFolder, folder), {
    recursive: true,
    filter: (path) => {
      const below = relative(ROOT, path).split(sep).join('/');
      if (below === 'scheduler/web' || basename(path) === 'node_modules') return false;
      return !/\.(ts|tsx|md)$/.test(path);
    },
  });
}

/** Every compiled file that `exports` in package.json names. */
function promisedPaths(): string[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    exports: Record<string, string | Record<string, string>>;
  };
  return Object.values(exports)
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .filter((path) => path.startsWith('./dist/'));
}
