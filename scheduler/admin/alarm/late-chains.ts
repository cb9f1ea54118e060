import type { RunCounts } from '../../../shared/protocol/inspect.ts';
import type { SqlReader } from '../../../shared/sql/sql.ts';
import type { Alarm } from '../../alarm/raise-alarm.ts';
import { cutOffsAtWork } from '../../storage/sql/admin-chain-queries.ts';
import { type ChainRunPicture, readChainRunPicture } from '../night/chain-run-detail.ts';

/** An alarm stays open until so much of the time that is left is spare: an estimate near the cut-off is told once. */
export const SPARE_PART = 1 / 20;

/**
 * Those that will be done after their cut-off, by what their executors answered just now (`counts`, by run), by what was
 * told, or by what their jobs usually take.
 */
export async function lateChains(
  db: SqlReader,
  given: {
    readonly counts: ReadonlyMap<number, RunCounts>;
    isOpen(alarm: Alarm): boolean;
  },
): Promise<Alarm[]> {
  const alarms: Alarm[] = [];
  for (const { id, cutOffAt } of await cutOffsAtWork(db)) {
    const picture = await readChainRunPicture(db, id, given.counts);
    if (picture === null || picture.soonestAtMs === null) continue;
    const alarm = alarmOf(picture, cutOffAt, db.nowMs);
    const spareMs = given.isOpen(alarm) ? (cutOffAt - db.nowMs) * SPARE_PART : 0;
    if (picture.soonestAtMs > cutOffAt - spareMs) alarms.push(alarm);
  }
  return alarms;
}

function alarmOf(picture: ChainRunPicture, cutOffAt: number, nowMs: number): Alarm {
  const { line, etaAtMs, soonestAtMs, neverRan } = picture;
  const at = (ms: number) => new Date(ms).toISOString();
  const when =
    etaAtMs !== null
      ? `at this pace it is done at ${at(etaAtMs)}`
      : `it is done no sooner than ${at(soonestAtMs ?? nowMs)}, and nobody knows how long ${neverRan.map((job) => `"${job}"`).join(', ')} will take`;
  const misses = nowMs > cutOffAt ? 'has missed' : 'will miss';
  return {
    kind: 'CUT_OFF_IN_DANGER',
    subjectKind: 'chain_run',
    subjectId: line.id,
    severity: 'critical',
    message: `chain "${line.chain}" of ${line.businessDate} ${misses} its cut-off of ${at(cutOffAt)}: ${when}`,
  };
}
