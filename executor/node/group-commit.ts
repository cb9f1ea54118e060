import { isDaybreakError } from '../../shared/errors.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';

interface Waiting<Work, Result> {
  readonly work: Work;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** Such an error is about what was to be written; any other is about the store, and the same for all. */
const ABOUT_CONTENT = ['SQL_REFUSED', 'SQL_CONFLICT', 'SQL_FAILED'] as const;

/** Waits for more as long as more comes: two turns of the event loop in which nothing does end it, or so many ms. */
export interface Gathering {
  readonly runtime: Pick<Runtime, 'yieldTurn' | 'clock'>;
  readonly forMs: number;
}

/**
 * Writes what comes in the same turn of the event loop, or while the store is busy with what came before, together: a
 * commit costs the same for one as for many. What the store does not take is then written one by one, so that it fails
 * alone.
 * @param write one transaction for all of them; gives a result for each, in order
 * @param most at a time
 */
export function createGroupCommit<Work, Result>(
  write: (works: readonly Work[]) => Promise<readonly Result[]>,
  most: number,
  gathering?: Gathering,
): (work: Work) => Promise<Result> {
  let pending: Waiting<Work, Result>[] = [];
  let writing = false;

  async function writeOut(): Promise<void> {
    writing = true;
    // A turn later: whatever comes in this one goes along.
    await Promise.resolve();
    while (pending.length > 0) {
      if (gathering !== undefined) await gather(gathering);
      const group = pending.slice(0, most);
      pending = pending.slice(most);
      await writeGroup(group);
    }
    writing = false;
  }

  async function gather({ runtime, forMs }: Gathering): Promise<void> {
    const { clock, yieldTurn } = runtime;
    const sinceMs = clock.monotonicMs();
    let before = 0;
    while (pending.length > before && pending.length < most && clock.monotonicMs() - sinceMs < forMs) {
      before = pending.length;
      await yieldTurn();
      await yieldTurn();
    }
  }

  async function writeGroup(group: readonly Waiting<Work, Result>[]): Promise<void> {
    try {
      const results = await write(group.map(({ work }) => work));
      for (const [at, each] of group.entries()) each.resolve(results[at] as Result);
    } catch (error) {
      if (group.length > 1 && isAboutContent(error)) {
        for (const each of group) await writeGroup([each]);
        return;
      }
      for (const each of group) each.reject(error);
    }
  }

  return (work) =>
    new Promise((resolve, reject) => {
      pending.push({ work, resolve, reject });
      if (!writing) void writeOut();
    });
}

const isAboutContent = (error: unknown): boolean =>
  !isDaybreakError(error) || ABOUT_CONTENT.some((code) => error.code === code);
