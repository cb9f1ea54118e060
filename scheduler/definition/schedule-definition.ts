import { isTimeZone } from '../../shared/business-date.ts';
import { tryParseCron } from '../../shared/cron/cron.ts';
import { NAME, type Refuse } from './refuse.ts';

/**
 * When a job or a chain fires by itself. Manual and API starts are possible beside every kind.
 * - none: only by hand, by the API, or by a parent.
 * - cron: see docs/cron.md; the zone is the schedule's own.
 * - fixed_rate: every so many milliseconds, counted from planned instant to planned instant.
 * - fixed_delay: so many milliseconds after the end of the last run.
 * - one_off: once.
 * - parent: after each run of those jobs (outside a chain) that ends so; once per parent run.
 */
export type Schedule =
  | { readonly kind: 'none' }
  | { readonly kind: 'cron'; readonly dialect: 'quartz' | 'unix'; readonly text: string; readonly zone: string }
  | { readonly kind: 'fixed_rate'; readonly everyMs: number }
  | { readonly kind: 'fixed_delay'; readonly delayMs: number }
  | { readonly kind: 'one_off'; readonly atMs: number }
  | { readonly kind: 'parent'; readonly jobs: readonly string[]; readonly on: 'success' | 'failure' | 'always' };

/** What bounds a schedule. */
export interface ScheduleLimits {
  /** No instant before it, epoch ms. Default: none. */
  readonly startAtMs?: number | null;
  /** No instant at or after it, epoch ms. Default: none. */
  readonly endAtMs?: number | null;
  /** A calendar's name: on its days out, `roll` decides. Default: every day counts. */
  readonly calendar?: string | null;
  /** What becomes of an instant on a day that is out: dropped, or moved (same time of day) to the next or previous day in. */
  readonly roll?: 'skip' | 'next' | 'previous';
}

/**
 * What becomes of instants that were missed (the scheduler was down, or paused). Each gets its verdict.
 * - SKIP: none is run.
 * - FIRE_ONCE: one run for the latest; the others are merged into it.
 * - CATCH_UP: the latest `max` within `windowMs` are run, oldest first; the others are skipped.
 */
export interface Misfire {
  /** Default 'FIRE_ONCE'. */
  readonly policy: 'SKIP' | 'FIRE_ONCE' | 'CATCH_UP';
  /** Later than this is missed; up to it, an instant simply fires late. Default 5,000 ms. */
  readonly afterMs: number;
  /** CATCH_UP: at most so many. Default 100. */
  readonly max: number;
  /** CATCH_UP: none older than this. Default 24 hours. */
  readonly windowMs: number;
  /** An instant that is later than this is HELD for a person, whatever the policy. Default null: never. */
  readonly holdAfterMs: number | null;
}

/** Which business date a fire is for: the local date of its planned instant, moved by so many days. */
export interface BusinessDateRule {
  /** Default: the cron's zone, else UTC. */
  readonly zone: string | null;
  /** Default 0. -1 settles yesterday. Counted in days of the calendar, if there is one. */
  readonly offsetDays: number;
}

export const DEFAULT_MISFIRE: Misfire = {
  policy: 'FIRE_ONCE',
  afterMs: 5_000,
  max: 100,
  windowMs: 24 * 3_600_000,
  holdAfterMs: null,
};
export const DEFAULT_LIMITS: Required<ScheduleLimits> = {
  startAtMs: null,
  endAtMs: null,
  calendar: null,
  roll: 'skip',
};
export const DEFAULT_BUSINESS_DATE: BusinessDateRule = { zone: null, offsetDays: 0 };

const POLICIES: readonly string[] = ['SKIP', 'FIRE_ONCE', 'CATCH_UP'];
const ROLLS: readonly string[] = ['skip', 'next', 'previous'];
const PERIOD_MS_MIN = 50;

/** Refuses a schedule that cannot work, by field; in a cron text by its field and column too. */
export function checkSchedule(schedule: Schedule, refuse: Refuse): void {
  switch (schedule.kind) {
    case 'none':
      return;
    case 'cron':
      checkCron(schedule, refuse);
      if (!isTimeZone(schedule.zone))
        refuse('schedule.zone', `"${schedule.zone}" is no IANA zone such as Asia/Shanghai`);
      return;
    case 'fixed_rate':
      checkPeriod('schedule.everyMs', schedule.everyMs, refuse);
      return;
    case 'fixed_delay':
      checkPeriod('schedule.delayMs', schedule.delayMs, refuse);
      return;
    case 'one_off':
      if (!Number.isSafeInteger(schedule.atMs) || schedule.atMs < 0)
        refuse('schedule.atMs', 'must be epoch milliseconds');
      return;
    case 'parent':
      if (schedule.jobs.length === 0) refuse('schedule.jobs', 'must name at least one job');
      return;
  }
}

function checkCron({ text, dialect }: Extract<Schedule, { kind: 'cron' }>, refuse: Refuse): void {
  if (dialect !== 'quartz' && dialect !== 'unix') {
    refuse('schedule.dialect', `must be 'quartz' or 'unix'`);
    return;
  }
  const reading = tryParseCron(text, { dialect });
  if (reading.kind === 'refused') refuse('schedule.text', `is no ${dialect} cron: ${reading.problem.message}`);
}

export function checkLimits(limits: ScheduleLimits, schedule: Schedule, refuse: Refuse): void {
  const { startAtMs = null, endAtMs = null, calendar = null, roll = 'skip' } = limits;
  for (const [field, value] of Object.entries({ startAtMs, endAtMs })) {
    if (value !== null && !Number.isSafeInteger(value)) refuse(`limits.${field}`, 'must be epoch milliseconds or null');
  }
  if (startAtMs !== null && endAtMs !== null && endAtMs <= startAtMs)
    refuse('limits.endAtMs', 'must be after startAtMs');
  if (calendar !== null && !NAME.test(calendar)) refuse('limits.calendar', 'must be the name of a calendar, or null');
  if (!ROLLS.includes(roll)) refuse('limits.roll', `must be one of ${ROLLS.join(', ')}`);
  if (roll !== 'skip' && (schedule.kind === 'fixed_rate' || schedule.kind === 'fixed_delay')) {
    refuse(
      'limits.roll',
      `must be skip: instants of a ${schedule.kind} have no time of day that another day could keep`,
    );
  }
}

export function checkMisfire(misfire: Misfire, refuse: Refuse): void {
  if (!POLICIES.includes(misfire.policy)) refuse('misfire.policy', `must be one of ${POLICIES.join(', ')}`);
  for (const field of ['afterMs', 'max', 'windowMs'] as const) {
    if (!Number.isSafeInteger(misfire[field]) || misfire[field] < 0) refuse(`misfire.${field}`, 'must be 0 or more');
  }
  const { holdAfterMs } = misfire;
  if (holdAfterMs !== null && !(Number.isSafeInteger(holdAfterMs) && holdAfterMs >= 0)) {
    refuse('misfire.holdAfterMs', 'must be 0 or more, or null');
  }
}

export function checkBusinessDate(rule: BusinessDateRule, refuse: Refuse): void {
  if (rule.zone !== null && !isTimeZone(rule.zone)) refuse('businessDate.zone', `"${rule.zone}" is no IANA zone`);
  if (!Number.isInteger(rule.offsetDays) || Math.abs(rule.offsetDays) > 366) {
    refuse('businessDate.offsetDays', 'must be a whole number of days, at most 366 either way');
  }
}

function checkPeriod(field: string, ms: number, refuse: Refuse): void {
  if (!Number.isSafeInteger(ms) || ms < PERIOD_MS_MIN) refuse(field, `must be an integer of at least ${PERIOD_MS_MIN}`);
}
