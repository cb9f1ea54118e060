import type { AlarmKind } from '../../storage/sql/alarm-queries.ts';

export type RuleEvent =
  | 'failure'
  | 'late_start'
  | 'eta_past_cut_off'
  | 'stalled'
  | 'unresolved_too_long'
  | 'node_lost'
  | 'other';

/** What people set rules for, by kind of alarm. A kind that is new and not named here is `other`. */
const EVENTS: Partial<Readonly<Record<AlarmKind, RuleEvent>>> = {
  RUN_FAILED: 'failure',
  RUN_LOST: 'failure',
  CHAIN_FAILED: 'failure',
  BACKFILL_STOPPED: 'failure',
  START_LATE: 'late_start',
  FIRE_HELD: 'late_start',
  INPUT_LATE: 'late_start',
  EDGE_LATE: 'late_start',
  RUN_SLOW: 'stalled',
  RUN_STALLED: 'stalled',
  CUT_OFF_IN_DANGER: 'eta_past_cut_off',
  ITEMS_UNRESOLVED: 'unresolved_too_long',
  EXECUTOR_LOST: 'node_lost',
};

export const eventOf = (kind: AlarmKind): RuleEvent => EVENTS[kind] ?? 'other';
