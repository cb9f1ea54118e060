import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { JoinVerbOptions } from '../api/join-verb.ts';
import { createJoinDesk, type IssuedJoinToken } from './join-desk.ts';

export interface Joins {
  /** A one-time token, good for 10 minutes and while this process lives. */
  issue(): IssuedJoinToken;
  /** Called with the appname when one was used; returns how to stop it. */
  onJoined(listener: (appName: string) => void): () => void;
}

/** Both sides of joining: what people ask for, and what the wire's verb needs. */
export function createJoins(
  runtime: Runtime,
  tokenOf: (appName: string) => Promise<string>,
): { readonly joins: Joins; readonly verb: JoinVerbOptions } {
  const desk = createJoinDesk(runtime);
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
