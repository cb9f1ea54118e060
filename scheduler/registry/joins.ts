import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { JoinVerbOptions } from '../api/join-verb.ts';
import { createJoinDesk, type IssuedJoinToken } from './join-desk.ts';

export interface Joins {
  /** A one-time token, good for 10 minutes with any scheduler of the cluster. */
  issue(): Promise<IssuedJoinToken>;
  /** Called with the appname when one was used with this very process; returns how to stop it. */
  onJoined(listener: (appName: string) => void): () => void;
}

/** Both sides of joining: what people ask for, and what the wire's verb needs. */
export function createJoins(
  { store, runtime }: { readonly store: SqlStore; readonly runtime: Runtime },
  tokenOf: (appName: string) => Promise<string>,
): { readonly joins: Joins; readonly verb: JoinVerbOptions } {
  const desk = createJoinDesk({ store, clock: runtime.clock, random: runtime.random });
  const listeners = new Set<(appName: string) => void>();
  return {
    joins: {
      issue: () => desk.issue(),
      onJoined(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    verb: {
      desk,
      tokenOf,
      onJoined(appName) {
        for (const listener of listeners) listener(appName);
      },
    },
  };
}
