// One install at a time: a folder beside node_modules (which npm ci empties) with one file in it, whose name says who
// holds the lock and whose lines say which npm works under it.
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const POLL_MS = 200;
const NAMELESS_MS_MAX = 10_000;
const folderIn = (root) => join(root, '.daybreak-install');

/** Waits until no other process installs here, and takes the lock: `note(pid)` names an npm, `release()` gives it back. */
export async function holdInstallLock(root) {
  const folder = folderIn(root);
  const mine = join(folder, nameOf(process.pid));
  let isTold = false;
  while (!tryMake(folder, mine) && !tryTakeOver(folder, mine)) {
    if (!isTold) process.stderr.write('daybreak: another start is installing the modules; waiting for it ...\n');
    isTold = true;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  const release = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', release);
  return {
    // npm outlives a launcher that is killed with -9, so the lock has to live as long as npm does.
    note: (pid) => appendFileSync(mine, `${nameOf(pid)}\n`),
    release: () => {
      process.off('exit', release);
      release();
    },
  };
}

function tryMake(folder, mine) {
  try {
    mkdirSync(folder);
    writeFileSync(mine, '', { flag: 'wx' });
    return true;
  } catch (cause) {
    // ENOENT: somebody held our nameless folder for a dead one's and removed it. Then it was not taken.
    if (cause.code === 'EEXIST' || cause.code === 'ENOENT') return false;
    throw cause;
  }
}

// Renaming the one file is what takes a dead holder's lock: of two that find it dead, one finds the old name gone.
function tryTakeOver(folder, mine) {
  try {
    const [holder] = readdirSync(folder);
    if (holder === undefined) {
      // Between making the folder and naming its holder lie microseconds. rmdir fails if it has been named since.
      if (Date.now() - statSync(folder).mtimeMs > NAMELESS_MS_MAX) rmdirSync(folder);
      return false;
    }
    const holders = [holder, ...readFileSync(join(folder, holder), 'utf8').split('\n').filter(Boolean)];
    if (holders.some(isAlive)) return false;
    renameSync(join(folder, holder), mine);
    return true;
  } catch (cause) {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTEMPTY' || cause.code === 'ENOTDIR') return false;
    throw cause;
  }
}

// A process number is used again, soonest in a container that is started anew; number and start time together are not.
const nameOf = (pid) => `${pid}.${readStat(pid)?.startedAt ?? 'unknown'}`;

function isAlive(name) {
  const pid = Number.parseInt(name, 10);
  // A dead process that nobody collects still answers to its number; in a container there may be nobody who ever does.
  return isThere(pid) && nameOf(pid) === name && readStat(pid)?.state !== 'Z';
}

function isThere(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause.code === 'EPERM';
  }
}

function readStat(pid) {
  try {
    // The fields after the program's name, which stands in brackets and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return { state: fields[0], startedAt: fields[19] };
  } catch {
    // No such process, or a system without /proc: the number alone has to do.
    return null;
  }
}
