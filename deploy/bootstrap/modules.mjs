// node_modules as package-lock.json wants them: looked at on each start (a few milliseconds), installed when they are not.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNode, majorOf, NODE_MAJOR_MIN, pinnedNode } from './find-node.mjs';
import { holdInstallLock } from './install-lock.mjs';
import { npmCi } from './npm-ci.mjs';

const isNewNode = majorOf(process.versions.node) >= NODE_MAJOR_MIN;

/**
 * True when the modules are there, or are there now. When they cannot be had it has said why on standard error.
 * `withDev` wants the tools as well; without it an image that left them out (`npm ci --omit=dev`) is complete.
 */
export async function ensureModules(root, { withDev }) {
  if (whatIsWrong(root, { withDev }) === null) return true;
  let lock;
  try {
    lock = await holdInstallLock(root);
  } catch (cause) {
    return refuse(root, `${root} cannot be written to (${cause.code})`);
  }
  try {
    // Looked at again: whoever held the lock before us may have installed them.
    const wrong = whatIsWrong(root, { withDev });
    if (wrong === null) return true;
    process.stderr.write(`daybreak: ${wrong}; installing them with npm ci (once, a minute or less) ...\n`);
    return await install(root, { withDev, onSpawn: lock.note });
  } finally {
    lock.release();
  }
}

async function install(root, { withDev, onSpawn }) {
  let failure = await npmCi(root, { options: [], onSpawn });
  // The one install script among our modules fetches the pinned Node. Where there is none for this machine, any Node
  // that is new enough does as well, and the rest installs without scripts.
  if (failure !== null && (isNewNode || findNode(root) !== null)) {
    failure = await npmCi(root, { options: ['--ignore-scripts'], onSpawn });
  }
  const wrong = failure ?? whatIsWrong(root, { withDev });
  if (wrong !== null) return refuse(root, wrong);
  process.stderr.write('daybreak: the modules are installed.\n');
  return true;
}

function refuse(root, why) {
  process.stderr.write(
    `daybreak: the modules could not be installed: ${why}. Put that right (does "npm ping" reach the registry?), or run "npm ci" in ${root} by hand, and start the same command again.\n`,
  );
  return false;
}

/**
 * Why the modules cannot be used as they are, or null. npm writes its own list of what it installed into node_modules
 * as its very last step, so a list that is missing means an install that was cut off, and one that differs from
 * package-lock.json an install that is older; that holds for an `npm ci` by hand as well. Optional packages are left
 * out: they depend on the machine.
 */
export function whatIsWrong(root, { withDev }) {
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  if (!existsSync(join(root, 'node_modules'))) return 'the modules are not installed yet';
  const installed = readInstalled(root);
  if (installed === null) return 'the modules are half installed';
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional || entry.devOptional || (entry.dev && isNewNode && !withDev)) continue;
    const found = installed[path];
    if (found?.version !== entry.version || found?.integrity !== entry.integrity) {
      return 'the modules are older than package-lock.json';
    }
    if (!existsSync(join(root, path, 'package.json'))) return 'the modules are half installed';
  }
  if (isNewNode || existsSync(pinnedNode(root)) || findNode(root) !== null) return null;
  return 'the pinned Node is not installed (npm fetches it by an install script, which "ignore-scripts" forbids)';
}

function readInstalled(root) {
  try {
    return JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages ?? null;
  } catch {
    // Missing, unreadable or cut off in the middle: all of them mean that npm did not get to its end.
    return null;
  }
}
