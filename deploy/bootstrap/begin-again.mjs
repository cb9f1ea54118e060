// V8 takes some flags at a start only: a process that lacks one begins again in its own place.

/**
 * Those of the flags (`--name=value`) of which nobody has said anything, neither on this Node's command line nor in
 * NODE_OPTIONS.
 */
export function flagsToAdd(flags, { execArgv = process.execArgv, nodeOptions = process.env.NODE_OPTIONS ?? '' } = {}) {
  const said = new Set([...execArgv, ...nodeOptions.split(/[\s"]+/)].map(nameOf));
  return flags.filter((flag) => !said.has(nameOf(flag)));
}

// V8 reads "-" and "_" in a name as the same.
const nameOf = (flag) => flag.split('=')[0].replaceAll('_', '-');

/** Whether this system can: Windows cannot. */
export const canBeginAgain = () => typeof process.execve === 'function' && process.platform !== 'win32';

/**
 * Begins this process again under the same Node with these flags as well, and does not return. Its number, its files and
 * its parent stay: whoever watches it or sends it signals notices nothing, there is no second process that could be left
 * behind, and none whose memory would have to be counted beside what the flags save.
 */
export function beginAgainWith(flags) {
  const args = [...process.execArgv, ...flags, ...process.argv.slice(1)];
  process.execve(process.execPath, [process.execPath, ...args], { ...process.env });
}
