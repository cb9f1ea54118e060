import type { CalendarDefinition } from '../../scheduler/calendar/calendar.ts';
import type { Misfire, Schedule, ScheduleLimits } from '../../scheduler/definition/schedule-definition.ts';
import type { SqlReader } from '../../shared/sql/sql.ts';
import { cronInstants } from './instants-oracle.ts';

interface Fire {
  readonly id: number;
  readonly origin: string;
  readonly at: number;
  readonly hash: string | null;
  readonly state: string;
  readonly decidedAt: number | null;
  readonly mergedInto: number | null;
  readonly rangeTo: number | null;
  readonly rangeCount: number | null;
  readonly wasHeld: number;
  /** Where in the history it got its verdict. */
  readonly decidedSeq: number | null;
}

interface Version {
  readonly hash: string;
  readonly createdAt: number;
  readonly definition: string;
  /** Where in the history it became the current one; of a chain it is not known. */
  readonly seq: number | null;
}

interface Timing {
  readonly name: string;
  readonly enabled: boolean;
  readonly enabledWhile?: string;
  readonly schedule: Schedule;
  readonly limits: ScheduleLimits;
  readonly misfire: Misfire;
}

/** Versions one after the other that fire at the same instants. */
interface Segment {
  readonly hashes: Set<string>;
  readonly fromMs: number;
  readonly fromSeq: number | null;
  readonly timing: Timing;
}

const OWN = ['cron', 'fixed_rate', 'fixed_delay', 'one_off'];
const FIRES = `select f.id, f.origin, f.planned_at as at, f.config_hash as hash, f.state, nullif(f.decided_at, 0) as decidedAt,
  f.merged_into as mergedInto, f.range_to as rangeTo, f.range_count as rangeCount,
  exists (select 1 from h_history h where h.what = 'fire' and h.a = f.id and h.now = 'held') as wasHeld,
  (select min(h.seq) from h_history h where h.what = 'fire' and h.a = f.id and h.was = 'planned') as decidedSeq
  from s_fire f where f.chain_run_id is null and f.origin in (${OWN.map((word) => `'${word}'`).join(', ')})`;

/** I2, and I17 for schedules: each instant of each window has one verdict, by the version that was current. */
export async function checkInstants(db: SqlReader, untilMs: number): Promise<string[]> {
  const wrong: string[] = [];
  const calendars = new Map<string, CalendarDefinition>();
  for (const row of await db.all<{ name: string; definition: string }>(`select name, definition from s_calendar`)) {
    calendars.set(row.name, JSON.parse(row.definition) as CalendarDefinition);
  }
  const subjects = await db.all<{ kind: 'job' | 'chain'; id: number }>(
    `select 'job' as kind, id from s_job union all select 'chain', id from s_chain order by 1, 2`,
  );
  for (const { kind, id } of subjects) {
    const versions = await db.all<Version>(
      `select config_hash as hash, created_at as createdAt, definition,
        (select min(h.seq) from h_history h where h.what = '${kind}' and h.a = ${kind}_id and h.now = config_hash) as seq
        from s_${kind}_version
        where ${kind}_id = ? order by version`,
      [id],
    );
    const fires = await db.all<Fire>(`${FIRES} and f.${kind}_id = ? order by f.planned_at, f.id`, [id]);
    wrong.push(...checkSubject(segmentsOf(versions), fires, calendars, untilMs));
  }
  return wrong;
}

function segmentsOf(versions: readonly Version[]): Segment[] {
  const segments: Segment[] = [];
  for (const { hash, createdAt, definition, seq } of versions) {
    const timing = JSON.parse(definition) as Timing;
    const last = segments.at(-1);
    if (last !== undefined && sameInstants(last.timing, timing)) last.hashes.add(hash);
    else segments.push({ hashes: new Set([hash]), fromMs: createdAt, fromSeq: seq, timing });
  }
  return segments;
}

const sameInstants = (one: Timing, other: Timing): boolean =>
  JSON.stringify([one.schedule, one.limits, one.enabled]) ===
  JSON.stringify([other.schedule, other.limits, other.enabled]);

function checkSubject(
  segments: readonly Segment[],
  fires: readonly Fire[],
  calendars: ReadonlyMap<string, CalendarDefinition>,
  untilMs: number,
): string[] {
  const wrong: string[] = [];
  const name = segments[0]?.timing.name ?? '?';
  const say = (why: string) => wrong.push(`${name}: ${why}`);
  const seen = new Set<number>();
  const byId = new Map(fires.map((fire) => [fire.id, fire]));
  for (const fire of fires) {
    if (seen.has(fire.at)) say(`I2: ${iso(fire.at)} has two verdicts`);
    seen.add(fire.at);
    if (fire.state === 'merged') checkMerged(fire, byId, say);
  }
  let decidedUpTo = -Infinity;
  for (const [n, segment] of segments.entries()) {
    const mine = fires.filter((fire) => segment.hashes.has(fire.hash ?? ''));
    const endMs = segments[n + 1]?.fromMs ?? untilMs;
    checkSegment({ segment, mine, all: fires, fromMs: Math.max(segment.fromMs, decidedUpTo), endMs, calendars, say });
    const next = segments[n + 1];
    for (const { at, state, decidedSeq } of next?.fromSeq == null ? [] : mine) {
      if (state === 'skipped' || at <= (next?.fromMs ?? 0) || (decidedSeq ?? 0) < (next?.fromSeq ?? 0)) continue;
      say(`I17: ${iso(at)} was ${state} by the version that an edit had taken away before`);
    }
    for (const fire of mine) decidedUpTo = Math.max(decidedUpTo, fire.rangeTo ?? fire.at);
  }
  return wrong;
}

function checkMerged(fire: Fire, fires: ReadonlyMap<number, Fire>, say: (why: string) => void): void {
  const into = fires.get(fire.mergedInto ?? 0);
  if (into === undefined) say(`I2: ${iso(fire.at)} is merged into a fire that is not there`);
  else if (into.at <= fire.at) say(`I2: ${iso(fire.at)} is merged into the earlier ${iso(into.at)}`);
}

interface SegmentCheck {
  readonly segment: Segment;
  readonly mine: readonly Fire[];
  readonly all: readonly Fire[];
  readonly fromMs: number;
  readonly endMs: number;
  readonly calendars: ReadonlyMap<string, CalendarDefinition>;
  say(why: string): void;
}

function checkSegment({ segment, mine, all, fromMs, endMs, calendars, say }: SegmentCheck): void {
  const { schedule, limits, misfire } = segment.timing;
  const enabled = segment.timing.enabled && segment.timing.enabledWhile !== 'chain_running';
  const last = Math.max(endMs, ...mine.map((fire) => fire.rangeTo ?? fire.at));
  if (schedule.kind === 'fixed_delay') {
    for (const fire of mine)
      if (fire.state !== 'skipped' && !enabled) say(`I2: ${iso(fire.at)} although it is stopped`);
    return;
  }
  const calendar = limits.calendar == null ? null : (calendars.get(limits.calendar) ?? null);
  const expected = enabled ? instantsOf(schedule, limits, calendar, segment.fromMs, fromMs, last) : [];
  const wanted = new Set(expected);
  for (const fire of mine) {
    if (fire.state === 'truncated') {
      const count = expected.filter((at) => at >= fire.at && at <= (fire.rangeTo ?? 0)).length;
      if (count !== fire.rangeCount) say(`I2: a range of ${fire.rangeCount} from ${iso(fire.at)} holds ${count}`);
    } else if (!wanted.has(fire.at)) say(`I2, I17: ${iso(fire.at)} is ${fire.state} and no instant of its version`);
    const lateMs = (fire.decidedAt ?? fire.at) - fire.at;
    if (fire.state === 'fired' && fire.wasHeld === 0 && misfire.policy === 'SKIP' && lateMs > misfire.afterMs) {
      say(`I2: ${iso(fire.at)} was fired ${lateMs} ms late in spite of SKIP`);
    }
    if (fire.state === 'fired' && fire.wasHeld === 0 && lateMs < 0)
      say(`${iso(fire.at)} was fired ${-lateMs} ms early`);
    if (fire.state === 'planned' || fire.state === 'held') say(`I2: ${iso(fire.at)} is still ${fire.state}`);
  }
  const decided = new Set(all.map((fire) => fire.at));
  const ranges = all.filter((fire) => fire.rangeTo !== null);
  const has = (at: number) => decided.has(at) || ranges.some((range) => range.at <= at && at <= (range.rangeTo ?? 0));
  for (const at of expected) if (at <= endMs && !has(at)) say(`I2: ${iso(at)} has no verdict`);
}

/** @param fromMs exclusive @param toMs inclusive */
function instantsOf(
  schedule: Schedule,
  limits: ScheduleLimits,
  calendar: CalendarDefinition | null,
  beganMs: number,
  fromMs: number,
  toMs: number,
): number[] {
  const within = (at: number) => at > fromMs && at <= toMs && at < (limits.endAtMs ?? Infinity);
  if (schedule.kind === 'cron') return cronInstants(schedule, limits, calendar, fromMs, toMs);
  if (schedule.kind === 'one_off') return [schedule.atMs].filter(within);
  if (schedule.kind !== 'fixed_rate') return [];
  const instants: number[] = [];
  for (let at = beganMs + schedule.everyMs; at <= toMs; at += schedule.everyMs) if (within(at)) instants.push(at);
  return instants;
}

const iso = (ms: number): string => new Date(ms).toISOString();
