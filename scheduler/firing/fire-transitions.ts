/**
 * A fire: one planned instant of a job or a chain. Its row is there before anything happens, and it ends in a verdict.
 * `held` is the one verdict that may still move: a person, or the end of a hold, decides it.
 */
export const FIRE_STATES = ['planned', 'fired', 'merged', 'skipped', 'held', 'truncated'] as const;
export type FireState = (typeof FIRE_STATES)[number];

export const FIRE_EDGES: Readonly<Record<FireState, readonly FireState[]>> = {
  planned: ['fired', 'merged', 'skipped', 'held', 'truncated'],
  fired: [],
  merged: [],
  skipped: [],
  held: ['fired', 'merged', 'skipped'],
  truncated: [],
};

export type FireEvent =
  /** It is due (or was held and may go now), and a run is made of it. */
  | { readonly kind: 'due' }
  /** Another fire's run stands for it. */
  | { readonly kind: 'merged' }
  /** It must not run any more, e.g. its chain has ended. */
  | { readonly kind: 'not_wanted' }
  /** A hold stands over it, or a person has to decide. */
  | { readonly kind: 'held' }
  /** It stands for a range of missed instants that were too many for a row each. */
  | { readonly kind: 'missed_range' };

export type FireVerdict =
  | { readonly kind: 'moved'; readonly to: FireState }
  | { readonly kind: 'refused'; readonly reason: 'ALREADY_DECIDED' };

const TARGET: Readonly<Record<FireEvent['kind'], FireState>> = {
  due: 'fired',
  merged: 'merged',
  not_wanted: 'skipped',
  held: 'held',
  missed_range: 'truncated',
};

export function transitFire(state: FireState, event: FireEvent): FireVerdict {
  const to = TARGET[event.kind];
  return FIRE_EDGES[state].includes(to) ? { kind: 'moved', to } : { kind: 'refused', reason: 'ALREADY_DECIDED' };
}
