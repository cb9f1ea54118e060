import type { BlockStrategy } from '../definition/job-definition.ts';

/**
 * The word that a run request carries. The scheduler has judged by then, for the whole group; the word is for what is
 * left on the node.
 * - A peer of another make gets the job's own word, as from its own scheduler; it knows none for PARALLEL, and runs
 *   attempts of one job one after another whatever it is told.
 * - Ours never refuses what the scheduler let go (the older run's last attempt may just be leaving), so DISCARD_LATER is
 *   not said to it. COVER_EARLY is, in case that the kill of the older attempt got lost on the way.
 */
export function wireBlockWord(block: BlockStrategy, foreign: boolean): string {
  if (foreign) return block === 'PARALLEL' ? 'SERIAL_EXECUTION' : block;
  return block === 'DISCARD_LATER' ? 'SERIAL_EXECUTION' : block;
}
