import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, constants as osConstants, tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { onEndSignals } from './end-signals.mjs';

/**
 * Runs `npm ci` in `root`, all its words on standard error; `onSpawn(pid)` is told npm's process number.
 * Returns null, or in a few words why it failed. Ends this process when somebody asks it to end meanwhile.
 */
export async function npmCi(root, { options, onSpawn }) {
  // npm replaces node_modules/.bin while it works, so neither npm nor a script of it may be found there.
  const own = resolve(root, 'node_modules', '.bin');
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => resolve(folder) !== own);
  const cache = writableCache();
  const env = {
    ...process.env,
    PATH: path.join(delimiter),
    ...(cache.isOwn ? { npm_config_cache: cache.folder } : {}),
  };
  try {
    return await new Promise((done) => {
      const [command, ...first] = npmCommand(path);
      const npm = spawn(command, [...first, 'ci', ...options], {
        cwd: root,
        env,
        // Standard output belongs to the program that is about to start: a report in JSON, perhaps.
        stdio: ['ignore', 2, 2],
        shell: process.platform === 'win32',
      });
      const off = onEndSignals((signal) => {
        npm.once('exit', () => process.exit(128 + osConstants.signals[signal]));
        npm.kill(signal);
      });
      npm.once('spawn', () => onSpawn(npm.pid));
      npm.once('error', (cause) => done(cause.code === 'ENOENT' ? 'there is no npm on the PATH' : cause.message));
      npm.once('exit', (code, signal) => {
        off();
        done(code === 0 ? null : `npm ci ended with ${signal ?? code}`);
      });
    });
  } finally {
    if (cache.isOwn) rmSync(cache.folder, { recursive: true, force: true });
  }
}

function npmCommand(path) {
  const name = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  if (path.some((folder) => existsSync(join(folder, name)))) return [name];
  const caller = process.env.npm_execpath ?? '';
  return /npm-cli\.js$/.test(caller) ? [process.execPath, caller] : [name];
}

// A home that cannot be written to (a container's, a build user's) would stop npm before its first byte.
function writableCache() {
  const usual = process.env.npm_config_cache ?? join(homedir(), '.npm');
  let existing = usual;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    accessSync(existing, constants.W_OK);
    return { folder: usual, isOwn: false };
  } catch {
    return { folder: mkdtempSync(join(tmpdir(), 'daybreak-npm-')), isOwn: true };
  }
}
