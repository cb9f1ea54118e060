import { isoInstant } from '../../shared/business-date.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { firingSubject, raiseAlarm } from '../alarm/raise-alarm.ts';
import type { Effects } from '../effects.ts';

/** People hear of fires that wait for their decision: one alarm per job or chain, however many of its fires wait. */
export async function tellHeldFires(
  tx: SqlTx,
  fires: readonly {
    readonly jobId: number;
    readonly chainId?: number;
    readonly plannedAt: number;
    readonly reason: string | null;
  }[],
  effects: Effects,
): Promise<void> {
  const told = new Set<string>();
  for (const { jobId, chainId = 0, plannedAt, reason } of fires) {
    const { subjectKind, subjectId } = firingSubject({ jobId, chainId });
    if (told.has(`${subjectKind} ${subjectId}`)) continue;
    told.add(`${subjectKind} ${subjectId}`);
    const message = `a fire of ${subjectKind} ${subjectId} is held, planned for ${isoInstant(plannedAt)}: ${reason ?? ''}`;
    await raiseAlarm(tx, { kind: 'FIRE_HELD', subjectKind, subjectId, severity: 'critical', message }, effects);
  }
}
