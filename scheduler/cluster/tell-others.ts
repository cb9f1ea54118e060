import type { Logger } from '../../shared/logger.ts';
import type { Hints, Topic } from '../../shared/redis/hints.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { BODY_NAMES, type BodyName } from '../clockwork.ts';

/** Passes on to the other schedulers what a commit of this one has to do with them, and hears the same of theirs. */
export interface Others {
  /** A commit has made work for a body, in whichever scheduler it is done. */
  wake(body: BodyName): void;
  chainRunChanged(chainRunId: number): void;
  stop(): void;
}

export interface OthersOptions {
  readonly hints: Hints;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Of this process: what it said itself is no news to it. */
  readonly incarnation: string;
  /** Called for what others said; never more than once per `PACE_MS` and body. */
  wakeHere(body: BodyName): void;
  /** Null: any of them may have changed. */
  chainRunChangedHere(chainRunId: number | null): void;
}

/** A thousand commits in a second are told of fifty times, and heard of as often. */
const PACE_MS = 20;
const CHAIN_RUN: Topic = 'scheduler:chain-run';
const topicOf = (body: BodyName): Topic => `scheduler:${body}`;

/**
 * Hints and nothing more: what is lost, late, doubled or made up costs a pass that finds nothing, or the wait for the next
 * tick, which finds everything in the rows.
 */
export function tellOthers(options: OthersOptions): Others {
  const { hints, incarnation } = options;
  const stopped = new AbortController();
  const pace = (act: () => void) => createPace(options, stopped.signal, act);

  const publish = new Map(
    BODY_NAMES.map((body) => [body, pace(() => hints.publish(topicOf(body), incarnation))] as const),
  );
  const changed = new Set<number>();
  const publishChanged = pace(() => {
    for (const chainRunId of changed) hints.publish(CHAIN_RUN, `${incarnation} ${chainRunId}`);
    changed.clear();
  });

  const isOwn = (said: string): boolean => said.split(' ', 1)[0] === incarnation;
  const unsubscribe = [
    ...BODY_NAMES.map((body) => {
      const wake = pace(() => options.wakeHere(body));
      return hints.subscribe(topicOf(body), (said) => {
        if (!isOwn(said)) wake();
      });
    }),
    hints.subscribe(CHAIN_RUN, (said) => {
      if (isOwn(said)) return;
      const chainRunId = Number(said.split(' ')[1]);
      // Empty after a lost connection: nobody knows what was said meanwhile.
      options.chainRunChangedHere(Number.isSafeInteger(chainRunId) ? chainRunId : null);
    }),
  ];

  return {
    wake: (body) => publish.get(body)?.(),
    chainRunChanged(chainRunId) {
      changed.add(chainRunId);
      publishChanged();
    },
    stop() {
      stopped.abort();
      for (const leave of unsubscribe) leave();
    },
  };
}

/** At once the first time, then once per `PACE_MS` for all that was asked for meanwhile. */
function createPace({ runtime, logger }: OthersOptions, stopped: AbortSignal, act: () => void): () => void {
  let resting = false;
  let again = false;
  const rest = async (): Promise<void> => {
    resting = true;
    try {
      do {
        again = false;
        act();
        await runtime.sleep(PACE_MS, stopped);
      } while (again);
    } catch (error) {
      if (!stopped.aborted) logger.error({ err: error }, 'a hint was not passed on; the next tick stands in');
    } finally {
      resting = false;
    }
  };
  return () => {
    again = true;
    if (!resting && !stopped.aborted) void rest();
  };
}
