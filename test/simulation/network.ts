import type { Random } from '../../shared/runtime/runtime.ts';
import type { Life, World } from './world.ts';

/** Chances per leg of a message, and delays. All 0: the network is well. */
export interface NetworkFaults {
  lost: number;
  doubled: number;
  late: number;
  /** A late leg takes up to this long, so that whatever was sent after it comes before it. */
  lateMs: number;
}

export type Asked<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'refused' }
  | { readonly kind: 'silence' };

/** Carries messages between processes: each leg may be lost, doubled or late, and a link may be cut one way. */
export interface Network {
  /** Listens at an address until its process dies. */
  listen(address: string, life: Life, take: (message: unknown) => Promise<unknown>): void;
  ask<T>(from: { life: Life; address: string }, to: string, message: unknown, timeoutMs: number): Promise<Asked<T>>;
  /** Nothing goes from the one to the other until it is mended. */
  cut(from: string, to: string): void;
  mendAll(): void;
}

export function createNetwork(world: World, random: Random, faults: NetworkFaults): Network {
  const listeners = new Map<string, { life: Life; take: (message: unknown) => Promise<unknown> }>();
  const cuts = new Set<string>();

  /** Delivers one leg: never, once or twice, sooner or later. */
  function carry(from: string, to: string, deliver: () => void): void {
    if (cuts.has(`${from} ${to}`) || random.next() < faults.lost) {
      world.note(`lost ${from} ${to}`);
      return;
    }
    const copies = random.next() < faults.doubled ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const slow = random.next() < faults.late ? random.integer(faults.lateMs) : 0;
      world.after(1 + random.integer(5) + slow, deliver);
    }
  }

  return {
    listen: (address, life, take) => void listeners.set(address, { life, take }),
    ask: <T>(from: { life: Life; address: string }, to: string, message: unknown, timeoutMs: number) =>
      new Promise<Asked<T>>((resolve) => {
        // As bytes on a wire: nobody shares an object with anybody.
        const text = JSON.stringify(message);
        let settled = false;
        const settle = (asked: Asked<T>) => {
          if (settled || !from.life.alive) return;
          settled = true;
          takeBack();
          resolve(asked);
        };
        const takeBack = world.after(timeoutMs, () => settle({ kind: 'silence' }));
        let turnedAway = false;
        carry(from.address, to, () => {
          const listener = listeners.get(to);
          if (turnedAway) return;
          if (listener === undefined || !listener.life.alive) {
            turnedAway = true;
            settle({ kind: 'refused' });
            return;
          }
          listener.take(JSON.parse(text)).then(
            (answer) => {
              const answerText = JSON.stringify(answer ?? null);
              carry(to, from.address, () => settle({ kind: 'answered', value: JSON.parse(answerText) as T }));
            },
            // A server that throws hangs up.
            () => carry(to, from.address, () => settle({ kind: 'silence' })),
          );
        });
      }),
    cut: (from, to) => void cuts.add(`${from} ${to}`),
    mendAll: () => cuts.clear(),
  };
}
