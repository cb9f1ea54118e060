import { useSyncExternalStore } from 'react';
import type { Reply } from '../api/client.ts';
import { keep, readKept } from '../app/browser-store.ts';

/**
 * Operations on many that this browser asked for and whose end nobody has looked at yet. They go on by themselves in the
 * scheduler; what is kept here is only the way back to them, also over a reload and in another tab.
 */
export interface KeptBulk {
  readonly operationId: number;
  /** Who asked: others who use this browser are told nothing of it. */
  readonly by: string;
  readonly action: Reply<'POST /bulk'>['action'];
  /** Of the rows that were chosen, by id. */
  readonly names: Readonly<Record<number, string>>;
}

/** Older ones than these are in the audit log. */
const KEPT_MAX = 10;

let kept: readonly KeptBulk[] = read();
/** The one whose dialog is open. */
let shown: number | null = null;
const tells = new Set<() => void>();
window.addEventListener('storage', () => change(read(), shown));

const subscribe = (tell: () => void) => {
  tells.add(tell);
  return () => tells.delete(tell);
};
export const useKeptBulks = (): readonly KeptBulk[] => useSyncExternalStore(subscribe, () => kept);
export const useShownBulk = (): number | null => useSyncExternalStore(subscribe, () => shown);

export const keepBulk = (bulk: KeptBulk): void => store([bulk, ...kept].slice(0, KEPT_MAX), bulk.operationId);
export const showBulk = (operationId: number | null): void => change(kept, operationId);
/** Its end was looked at, or it is not this person's. */
export const forgetBulk = (operationId: number): void =>
  store(
    kept.filter((bulk) => bulk.operationId !== operationId),
    shown === operationId ? null : shown,
  );

function store(next: readonly KeptBulk[], nextShown: number | null): void {
  keep('bulk', JSON.stringify(next));
  change(next, nextShown);
}

function change(next: readonly KeptBulk[], nextShown: number | null): void {
  [kept, shown] = [next, nextShown];
  for (const tell of [...tells]) tell();
}

function read(): readonly KeptBulk[] {
  try {
    const found: unknown = JSON.parse(readKept('bulk') ?? '[]');
    return Array.isArray(found) ? found.filter(isKept) : [];
  } catch {
    return [];
  }
}

/** A browser keeps what an older page wrote, too. */
function isKept(one: Partial<KeptBulk> | null): one is KeptBulk {
  return (
    typeof one?.operationId === 'number' &&
    typeof one.by === 'string' &&
    typeof one.action === 'string' &&
    typeof one.names === 'object' &&
    one.names !== null
  );
}
