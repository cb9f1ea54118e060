import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { ApiProblem, call, keepCsrfToken, type Reply, whenTurnedAway } from '../api/client.ts';
import { startLive, stopLive } from '../api/live.ts';
import { setServerNow } from '../look/values.tsx';
import { setPreferences } from './preferences.ts';

export type Session = Reply<'GET /session'>;
type Standing =
  | { readonly kind: 'asking' }
  | { readonly kind: 'unreachable'; readonly error: unknown }
  | { readonly kind: 'setup' }
  | { readonly kind: 'out' }
  | { readonly kind: 'in'; readonly session: Session };

interface SessionParts {
  readonly standing: Standing;
  readonly enter: (session: Session) => void;
  readonly leave: () => Promise<void>;
  readonly ask: () => void;
}
const SessionContext = createContext<SessionParts | null>(null);

export function useStanding(): SessionParts {
  const parts = useContext(SessionContext);
  if (parts === null) throw new Error('no session above');
  return parts;
}
/** Below the shell somebody is logged in. */
export function useSession(): Session {
  const { standing } = useStanding();
  if (standing.kind !== 'in') throw new Error('nobody is logged in');
  return standing.session;
}

/** Whether the person has a right in a group, or anywhere when none is named. What the API says is what counts. */
export function useMay(): (permission: 'view' | 'run' | 'edit' | 'approve' | 'admin', group?: string) => boolean {
  const { principal } = useSession();
  return (permission, group) => {
    if (principal.isAdmin) return true;
    if (permission === 'admin') return false;
    return principal.grants.some(
      (grant) =>
        (group === undefined || grant.group === group || grant.group === '*') &&
        (grant.permissions.includes(permission) || permission === 'view'),
    );
  };
}

/** A scheduler that does not answer is asked again so often. */
const AGAIN_MS = 3_000;

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [standing, setStanding] = useState<Standing>({ kind: 'asking' });
  const client = useQueryClient();

  const enter = useCallback((session: Session) => {
    keepCsrfToken(session.csrfToken);
    setServerNow(session.installation.nowMs);
    void setPreferences({
      theme: session.principal.theme,
      ...(session.principal.language === null ? {} : { language: session.principal.language }),
    });
    setStanding({ kind: 'in', session });
    if (!session.principal.mustChangePassword) startLive();
  }, []);

  const out = useCallback(() => {
    stopLive();
    keepCsrfToken(null);
    client.clear();
    setStanding({ kind: 'out' });
  }, [client]);

  const ask = useCallback(() => {
    setStanding({ kind: 'asking' });
    void findStanding().then((found) => (found.kind === 'in' ? enter(found.session) : setStanding(found)));
  }, [enter]);

  const leave = useCallback(async () => {
    // Whatever the API says, this page forgets what it showed.
    await call('DELETE /session').catch(() => undefined);
    out();
  }, [out]);

  useEffect(() => {
    whenTurnedAway((why) => {
      if (why === 'password') ask();
      else setStanding((now) => (now.kind === 'in' ? { kind: 'out' } : now));
    });
    ask();
  }, [ask]);

  useEffect(() => {
    if (standing.kind !== 'unreachable') return;
    const again = setTimeout(() => {
      void findStanding().then((found) => (found.kind === 'in' ? enter(found.session) : setStanding(found)));
    }, AGAIN_MS);
    return () => clearTimeout(again);
  }, [standing, enter]);

  const parts = useMemo(() => ({ standing, enter, leave, ask }), [standing, enter, leave, ask]);
  return <SessionContext.Provider value={parts}>{children}</SessionContext.Provider>;
}

async function findStanding(): Promise<Standing> {
  try {
    return { kind: 'in', session: await call('GET /session') };
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 401) return { kind: 'unreachable', error };
  }
  try {
    return (await call('GET /setup')).needed ? { kind: 'setup' } : { kind: 'out' };
  } catch (error) {
    return { kind: 'unreachable', error };
  }
}
