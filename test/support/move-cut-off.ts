import { DatabaseSync } from 'node:sqlite';

/**
 * Moves the cut-off of a night that no process works on, in the store's file: by the command a cut-off is a whole
 * minute and never changes, and a test that waits for one waits up to a minute and a half.
 */
export function moveCutOff(store: string, businessDate: string, { inMs }: { inMs: number }): void {
  const db = new DatabaseSync(store, { timeout: 10_000 });
  try {
    const atMs = Date.now() + inMs;
    const night = db.prepare('update night set cut_off_at = ? where business_date = ?').run(atMs, businessDate);
    const chainRun = db
      .prepare('update s_chain_run set cut_off_at = ? where business_date = ?')
      .run(atMs, businessDate);
    if (night.changes !== 1 || chainRun.changes !== 1) throw new Error(`not one night of ${businessDate} in ${store}`);
  } finally {
    db.close();
  }
}
