import { DaybreakError } from '../../shared/errors.ts';
import type { HandlerEnding } from '../handler/classify-outcome.ts';
import type { Handler, HandlerResult } from '../handler/handler-context.ts';
import type { HandlerCall, HandlerHost } from '../handler/handler-host.ts';
import { sumResults } from './sum-results.ts';
import type { CrewPosts } from './worker-crew.ts';
import type { PartEnding } from './worker-post.ts';

/** So often a part is begun anew whose process ended under it; then the attempt fails, and the scheduler decides. */
const PARTS_ANEW_MAX = 5;
/** Left over for the killing itself, before the attempt counts as stuck. */
const KILL_MS = 5_000;

/** Runs one handler in the worker processes: an attempt in one of them, or in all of them at once. */
export function createCrewHost(
  handler: Handler,
  posts: CrewPosts,
  options: { readonly stopGraceMs: number },
): HandlerHost {
  async function partIn(index: number, call: HandlerCall): Promise<PartEnding> {
    try {
      const post = await posts.postAt(index, call.signal);
      return await post.work(call);
    } catch (error) {
      return { kind: 'threw', error };
    }
  }

  /** A process that ends under its part leaves leases behind, which only somebody who works on sees through. */
  async function keptPart(index: number, call: HandlerCall): Promise<PartEnding> {
    for (let again = 0; ; again++) {
      const ending = await partIn(index, call);
      if (ending.kind !== 'crashed' || call.signal.aborted || again >= PARTS_ANEW_MAX) return ending;
      call.log.warn(`${ending.error.message}; its part is begun anew`);
    }
  }

  async function inEvery(call: HandlerCall): Promise<HandlerEnding> {
    const parts = Array.from({ length: posts.size }, (_, index) => keptPart(index, call));
    // One that fails does not end the others: what they share goes on with them.
    return combineEndings(await Promise.all(parts), handler.combine ?? sumResults);
  }

  return {
    stuckAfterMs: options.stopGraceMs + KILL_MS,
    async run(call) {
      // What runs once per run is run once.
      const isShared = handler.spread === 'every' && call.attempt.phase === undefined;
      if (isShared) return await inEvery(call);
      return plain(await partIn(posts.leastBusy(), call));
    },
    close: async () => undefined,
  };
}

const plain = (ending: PartEnding): HandlerEnding =>
  ending.kind === 'crashed' ? { kind: 'threw', error: ending.error } : ending;

/** The worst of them says what became of the attempt; when all have returned, their results are made one. Pure. */
export function combineEndings(
  endings: readonly PartEnding[],
  combine: (results: readonly HandlerResult[]) => HandlerResult,
): HandlerEnding {
  for (const kind of ['forced', 'threw', 'crashed', 'unholdable', 'stuck'] as const) {
    const found = endings.find((ending) => ending.kind === kind);
    if (found !== undefined) return plain(found);
  }
  const results = endings.map((ending) => (ending.kind === 'returned' ? ending.value : undefined));
  try {
    return { kind: 'returned', value: combine(results) };
  } catch (cause) {
    const error = new DaybreakError('HANDLER_FAILED', 'the results of the processes could not be made one', { cause });
    return { kind: 'threw', error };
  }
}
