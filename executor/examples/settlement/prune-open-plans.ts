import type { SqlStore } from '../../../shared/sql/sql.ts';

/**
 * Takes the plans that are paid or given up out of the open-plan table, in small transactions: what a night has to
 * walk through stays as small as what is open, so night 200 costs what night 1 cost. Safe to stop and to repeat:
 * whoever reads plan_open reads the plan's state as well.
 */
export async function pruneOpenPlans(store: SqlStore, between: () => Promise<void>): Promise<number> {
  let pruned = 0;
  for (const leg of ['PREMIUM', 'PRINCIPAL']) {
    for (let after = 0; ; ) {
      const page = await store.transaction('prune-open-plans', async (tx) => {
        const rows = await tx.arrays(
          `select o.plan_id, p.state from plan_open o join plan p on p.id = o.plan_id
           where o.leg = ? and o.plan_id > ? order by o.plan_id limit 5000`,
          [leg, after],
        );
        const last = Number(rows.at(-1)?.[0] ?? 0);
        const done = rows.filter((row) => row[1] === 'paid' || row[1] === 'given_up').length;
        if (done === 0) return { last, done };
        await tx.run(
          `delete from plan_open where leg = ? and plan_id > ? and plan_id <= ?
             and exists (select 1 from plan p where p.id = plan_open.plan_id and p.state in ('paid', 'given_up'))`,
          [leg, after, last],
        );
        return { last, done };
      });
      pruned += page.done;
      if (page.last === 0) break;
      after = page.last;
      await between();
    }
  }
  return pruned;
}
