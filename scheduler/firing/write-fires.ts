import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Effects } from '../effects.ts';
import {
  decideFire,
  type FireRow,
  firesByKeys,
  insertFireRows,
  insertPlannedFires,
  markJudged,
  type NewFire,
  type OwnOrigin,
  type Scheduled,
} from '../storage/sql/fire-queries.ts';
import { insertHeldFires } from '../storage/sql/hold-queries.ts';
import type { InstantVerdict } from './judge-missed.ts';
import type { SchedulePlan } from './plan-schedule.ts';
import { tellHeldFires } from './tell-held-fires.ts';
import type { Timetable } from './timetable.ts';

/** What all fires of one schedule in one pass have in common. */
export interface PlannedFor extends Scheduled {
  readonly name: string;
  readonly origin: OwnOrigin;
  readonly chainRunId: number | null;
  readonly configHash: string;
  readonly calendarVersion: number;
  readonly businessDateOf: (instantMs: number) => string;
  /** Fires that are written already and get a verdict now, by their instants. */
  readonly undecided: readonly FireRow[];
}

export const plannedFor = (
  row: Scheduled & { readonly configHash: string },
  name: string,
  origin: OwnOrigin,
  table: Timetable,
  undecided: PlannedFor['undecided'],
): PlannedFor => ({
  jobId: row.jobId,
  chainId: row.chainId,
  name,
  origin,
  chainRunId: null,
  configHash: row.configHash,
  calendarVersion: table.calendarVersion,
  businessDateOf: table.businessDateOf,
  undecided,
});

export interface PlanToWrite {
  readonly of: PlannedFor;
  readonly plan: Pick<SchedulePlan, 'verdicts' | 'truncated'>;
}

/** The key of a fire is its instant; a sweep's has its chain run before it. */
export const instantKey = (instantMs: number, chainRunId: number | null): string =>
  chainRunId === null ? String(instantMs) : `${chainRunId}:${instantMs}`;

/**
 * Writes the verdicts of many schedules, in few statements whatever their number. Fires that others merge into come
 * first, so that each merged one can name its winner.
 */
export async function writeFires(tx: SqlTx, plans: readonly PlanToWrite[], effects: Effects): Promise<void> {
  const first: NewFire[] = [];
  const merged: { readonly of: PlannedFor; readonly fire: NewFire; readonly intoMs: number }[] = [];
  for (const { of, plan } of plans) {
    const written = new Map(of.undecided.map((fire) => [fire.plannedAt, fire]));
    if (plan.truncated !== null) first.push(rangeOf(of, plan.truncated));
    for (const verdict of plan.verdicts) {
      if (written.has(verdict.atMs)) continue;
      if (verdict.kind === 'merged') merged.push({ of, fire: fireOf(of, verdict), intoMs: verdict.intoMs });
      else first.push(fireOf(of, verdict));
    }
  }
  await insertFireRows(tx, first);
  await placeInSmallTables(tx, first);
  await writeMerged(tx, merged);
  for (const { of, plan } of plans) await decideWritten(tx, of, plan.verdicts, effects);
  for (const { state } of [...first, ...merged.map(({ fire }) => fire)]) count(effects, state);
  await tellHeldFires(
    tx,
    first.filter(({ state }) => state === 'held'),
    effects,
  );
}

function count(effects: Effects, verdict: string): void {
  if (verdict !== 'planned') effects.counts.push((metrics) => metrics.fires.add(1, { verdict }));
}

/** A fire that was there already, and decided, is not placed again. */
async function placeInSmallTables(tx: SqlTx, fires: readonly NewFire[]): Promise<void> {
  const placed = fires.filter(({ state }) => state === 'planned' || state === 'held');
  const rows = await firesByKeys(tx, placed);
  const planned = placed.flatMap(({ plannedAt }, at) => {
    const row = rows[at];
    return row?.state === 'planned' ? [{ id: row.id, plannedAt }] : [];
  });
  await insertPlannedFires(tx, planned);
  const held = rows.flatMap((row) => (row?.state === 'held' ? [row.id] : []));
  if (held.length > 0) await insertHeldFires(tx, held, null);
}

async function writeMerged(
  tx: SqlTx,
  merged: readonly { readonly of: PlannedFor; readonly fire: NewFire; readonly intoMs: number }[],
): Promise<void> {
  if (merged.length === 0) return;
  const winners = await firesByKeys(
    tx,
    merged.map(({ of, intoMs }) => ({ ...of, dedupKey: instantKey(intoMs, of.chainRunId) })),
  );
  await insertFireRows(
    tx,
    merged.map(({ fire }, at) => ({ ...fire, mergedInto: winners[at]?.id ?? null })),
  );
}

/** Fires that an outage left planned: `planned` again means that they fire late, and why. */
async function decideWritten(
  tx: SqlTx,
  of: PlannedFor,
  verdicts: readonly InstantVerdict[],
  effects: Effects,
): Promise<void> {
  if (of.undecided.length === 0) return;
  const byInstant = new Map(verdicts.map((verdict) => [verdict.atMs, verdict]));
  for (const fire of of.undecided) {
    const verdict = byInstant.get(fire.plannedAt);
    if (verdict === undefined) continue;
    if (verdict.kind === 'planned') {
      await markJudged(tx, fire.id, verdict.reason ?? 'fires late');
      continue;
    }
    const winner =
      verdict.kind === 'merged'
        ? (await firesByKeys(tx, [{ ...of, dedupKey: instantKey(verdict.intoMs, of.chainRunId) }]))[0]
        : null;
    if (!(await decideFire(tx, fire, verdict.kind, verdict.reason, winner?.id ?? null))) continue;
    count(effects, verdict.kind);
    if (verdict.kind !== 'held') continue;
    await insertHeldFires(tx, [fire.id], null);
    await tellHeldFires(tx, [{ ...fire, reason: verdict.reason }], effects);
  }
}

function fireOf(of: PlannedFor, verdict: InstantVerdict): NewFire {
  return { ...common(of, verdict.atMs), state: verdict.kind, reason: verdict.reason };
}

function rangeOf(of: PlannedFor, range: { fromMs: number; toMs: number; count: number }): NewFire {
  return {
    ...common(of, range.fromMs),
    state: 'truncated',
    reason: `${range.count} instants were missed: too many for a row each`,
    rangeTo: range.toMs,
    rangeCount: range.count,
  };
}

const common = (of: PlannedFor, atMs: number): Omit<NewFire, 'state' | 'reason'> => ({
  jobId: of.jobId,
  chainId: of.chainId,
  origin: of.origin,
  dedupKey: instantKey(atMs, of.chainRunId),
  chainRunId: of.chainRunId,
  plannedAt: atMs,
  businessDate: of.businessDateOf(atMs),
  calendarVersion: of.calendarVersion,
  configHash: of.configHash,
});
