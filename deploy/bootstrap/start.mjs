// What stands between a command line and the program: the modules, then a Node that can run it.
// Plain JavaScript that parses on Node 18, with nothing but Node's own modules, because it runs before any other is there.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beginAgainWith, canBeginAgain, flagsToAdd } from './begin-again.mjs';
import { findNode, majorOf, NODE_MAJOR_MIN } from './find-node.mjs';
import { becomeChildOfLauncher, launch } from './launch.mjs';
import { ensureModules } from './modules.mjs';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Runs `entry` (a path below the package, without its ending) as if it had been called by hand with `args`:
 * in this process when this Node can, which begins again where `nodeFlags` are wanted, and in a child that ends together
 * with this process when it cannot.
 */
export async function start({ name, entry, args, withDev = false, nodeFlags = [] }) {
  const isLaunched = becomeChildOfLauncher();
  const isNew = majorOf(process.versions.node) >= NODE_MAJOR_MIN;
  // Whoever launched this process has given it what it needs, and knows it by the channel between the two.
  const flags = isLaunched ? [] : flagsToAdd(nodeFlags);
  if (isNew && flags.length > 0 && canBeginAgain()) beginAgainWith(flags);
  // The clone has a lockfile and sources; a published package has neither, and its modules are the installer's business.
  const isClone = existsSync(join(ROOT, 'package-lock.json'));
  if (isClone && !isLaunched && !(await ensureModules(ROOT, { withDev }))) return end(1);

  if (isNew && flags.length === 0) return runHere({ name, entry, args });
  const node = isNew ? process.execPath : findNode(ROOT);
  if (node === null) {
    process.stderr.write(
      `daybreak: this is Node ${process.versions.node}, and "${name}" needs ${NODE_MAJOR_MIN} or newer; none is on the PATH` +
        `${isClone ? ', and the one that npm installs (node_modules/node) does not run here' : ''}.` +
        ' Install Node 24 (https://nodejs.org, or your package manager), and start the same command again.\n',
    );
    return end(1);
  }
  launch({ node, args: [...flags, process.argv[1], ...process.argv.slice(2)] });
}

async function runHere({ name, entry, args }) {
  // Compiled when published (Node refuses TypeScript below node_modules), from the sources in a clone.
  const file = [join(ROOT, `${entry}.ts`), join(ROOT, 'dist', `${entry}.js`)].find((path) => existsSync(path));
  if (file === undefined) {
    process.stderr.write(`daybreak: "${name}" cannot start, because ${entry} is missing from ${ROOT}.\n`);
    return end(1);
  }
  process.argv = [process.argv[0], file, ...args];
  await import(pathToFileURL(file).href);
}

function end(exitCode) {
  process.exitCode = exitCode;
}
