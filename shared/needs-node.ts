// The first import of every entry of the package. An older Node gets as far as the join token, uses it up, and then
// stops at "AsyncDisposableStack is not defined".

/** As `engines` in package.json says. */
const MAJOR_MIN = 24;

/** Why this Node cannot run the package, with the way out; null when it can. */
export function refusalOfNode(version: string, path: string): string | null {
  if (Number.parseInt(version, 10) >= MAJOR_MIN) return null;
  return `daybreak needs Node ${MAJOR_MIN} or newer, and this is ${version} (${path}): start it with a newer one, or put that first in PATH`;
}

const refusal = refusalOfNode(process.versions.node, process.execPath);
if (refusal !== null) throw new Error(refusal);
