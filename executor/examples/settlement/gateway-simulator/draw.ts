/**
 * Chance from a seed: a number in [0, 1) for a name, the same in every process. Each question has its own salt, so
 * that turning one dial does not move what another one hits.
 */
export function draw(seed: number, salt: string, name: string | number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  hash = mixText(hash, salt);
  hash = typeof name === 'number' ? mixText(hash, String(name)) : mixText(hash, name);
  return finish(hash) / 0x1_0000_0000;
}

/** Whether a dial of this rate hits. A rate of zero costs nothing. */
export function hits(rate: number, seed: number, salt: string, name: string | number): boolean {
  return rate > 0 && (rate >= 1 || draw(seed, salt, name) < rate);
}

function mixText(start: number, text: string): number {
  let hash = start;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // Ends the text, so that ('ab','c') and ('a','bc') differ.
  return Math.imul(hash ^ 0xff, 0x01000193);
}

/** Spreads the last characters over all bits: requestNos often differ in one digit only. */
function finish(start: number): number {
  let hash = start;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
