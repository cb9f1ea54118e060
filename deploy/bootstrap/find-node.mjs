import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const NODE_MAJOR_MIN = 24;

export const majorOf = (version) => Number.parseInt(version.replace(/^v/, ''), 10);

const NAME = process.platform === 'win32' ? 'node.exe' : 'node';

/** Where npm puts the Node that package.json pins; it need not be there, nor run on this machine. */
export const pinnedNode = (root) => join(root, 'node_modules', 'node', 'bin', NAME);

/**
 * The Node to start again under: the pinned one that npm installs, or, where that cannot run (there is no build for
 * musl, and none for Apple silicon under this name), the first on the PATH that is new enough. Null when there is none.
 */
export function findNode(root, path = process.env.PATH ?? '') {
  const onPath = path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, NAME));
  return [...new Set([pinnedNode(root), ...onPath])].find(isNewEnough) ?? null;
}

// Asked, not guessed from the file: a binary for another libc or processor is there and cannot run.
function isNewEnough(node) {
  if (!existsSync(node)) return false;
  const answer = spawnSync(node, ['--version'], {
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return answer.status === 0 && majorOf(answer.stdout) >= NODE_MAJOR_MIN;
}
