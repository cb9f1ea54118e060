import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

export type FiresOn = 'success' | 'failure' | 'always';

/** Jobs that fire after runs of this one (primary key of s_child_job). */
export async function childJobsOf(
  db: SqlReader,
  parentJobId: number,
): Promise<{ childJobId: number; firesOn: FiresOn }[]> {
  return db.all(
    `select c.child_job_id as childJobId, c.fires_on as firesOn from s_job p
       join s_child_job c on c.parent_name = p.name where p.id = ? order by c.child_job_id`,
    [parentJobId],
  );
}

/** From now on the job fires after runs of these jobs, and of no others. */
export async function setParentsOf(
  tx: SqlTx,
  childJobId: number,
  parents: readonly string[],
  firesOn: FiresOn,
): Promise<void> {
  await tx.run(`delete from s_child_job where child_job_id = ?`, [childJobId]);
  await tx.insertRows(
    { table: 's_child_job', columns: ['parent_name', 'child_job_id', 'fires_on'] },
    [...new Set(parents)].map((name) => [name, childJobId, firesOn]),
  );
}

/** The parents of jobs that are new. */
export async function insertParents(
  tx: SqlTx,
  children: readonly { readonly childJobId: number; readonly parents: readonly string[]; readonly on: FiresOn }[],
): Promise<void> {
  await tx.insertRows(
    { table: 's_child_job', columns: ['parent_name', 'child_job_id', 'fires_on'] },
    children.flatMap(({ childJobId, parents, on }) => [...new Set(parents)].map((name) => [name, childJobId, on])),
  );
}
