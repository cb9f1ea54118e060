/** Lets one in at a time, first come first served; an urgent one goes before those who wait. */
export interface TurnQueue {
  /** Resolves with the function that ends the turn. */
  take(urgent: boolean): Promise<() => void>;
}

export function createTurnQueue(): TurnQueue {
  const waiting: (() => void)[] = [];
  const urgentWaiting: (() => void)[] = [];
  let busy = false;

  const end = (): void => {
    const next = urgentWaiting.shift() ?? waiting.shift();
    if (next) next();
    else busy = false;
  };
  const turn = (): (() => void) => {
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      end();
    };
  };
  return {
    async take(urgent) {
      if (!busy) {
        busy = true;
        return turn();
      }
      await new Promise<void>((resolve) => (urgent ? urgentWaiting : waiting).push(resolve));
      return turn();
    },
  };
}
