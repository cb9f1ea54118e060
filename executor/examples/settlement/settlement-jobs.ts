import type { SqlReader, SqlTx, SqlValue } from '../../../shared/sql/sql.ts';
import type { Downstream, SettledItem } from '../../downstream/define-downstream.ts';
import type { DebitJob } from '../../downstream/money-engine.ts';
import { gatePrincipals } from './premium-gate.ts';
import { type Leg, planReference } from './request-no.ts';

/** The two debit jobs of a night: what is due, what a call needs, and what an outcome means for the plan. */
export const premiumDebit = (environment: string): DebitJob => debitJob('premium-debit', 'PREMIUM', environment);
export const principalDebit = (environment: string): DebitJob => ({
  ...debitJob('principal-debit', 'PRINCIPAL', environment),
  gate: gatePrincipals,
});

/** INSUFFICIENT_FUNDS and LIMIT_EXCEEDED leave a plan open for so many nights in all. */
const PRESENTATIONS_MAX = 3;

/** What settling writes to the plans, in the settling transaction. */
export const settlementHooks: Pick<Downstream, 'onSettledMany'> = {
  async onSettledMany(items, tx) {
    const paid = items.filter(({ outcome }) => outcome.state === 'SUCCESS');
    const failed = items.filter(({ outcome }) => outcome.state === 'FAILED');
    await tx.updateRows(
      { table: 'plan', key: ['id'], set: ['state', 'presentation'] },
      paid.map((item) => [item.subject, 'paid', item.presentation]),
    );
    // A plan on hold is let go by people only: a refusal of a later attempt does not undo the word that money moved.
    const byHand = failed.filter(({ outcome }) => outcome.settledBy === 'hand');
    const said = failed.filter(({ outcome }) => outcome.settledBy !== 'hand');
    for (const [group, guard] of [
      [said, `state not in ('paid', 'held')`],
      [byHand, `state <> 'paid'`],
    ] as const) {
      await tx.updateRows(
        { table: 'plan', key: ['id'], set: ['state', 'presentation', 'failed_in'], guard },
        group.map((item) => [item.subject, stateAfterRefusal(item), item.presentation, item.chainRunId]),
      );
    }
  },
};

/** A refusal that may pass (no money, limit reached) is presented again; a closed account, or a word that we do not know, is not. */
export function stateAfterRefusal({
  outcome,
  presentation,
}: Pick<SettledItem, 'outcome' | 'presentation'>): 'open' | 'given_up' {
  const mayPass = ['INSUFFICIENT_FUNDS', 'LIMIT_EXCEEDED', 'BY_HAND'].includes(outcome.code);
  return mayPass && presentation < PRESENTATIONS_MAX ? 'open' : 'given_up';
}

function debitJob(name: string, leg: Leg, environment: string): DebitJob {
  return {
    name,
    group: leg,
    // The parts were checked when the plan was imported; the text is `formatRequestNo`'s, without taking it apart again.
    requestNo: (reference, presentation, attempt) => `${environment}.${reference}.${presentation}.${attempt}`,

    async highWater(db) {
      const row = await db.get<{ top: number | null }>('select max(plan_id) as top from plan_open where leg = ?', [
        leg,
      ]);
      return row?.top ?? 0;
    },

    async count(db, { businessDate, highWater }) {
      const row = await db.get<{ n: number }>(
        'select count(*) as n from plan_open where leg = ? and plan_id <= ? and due_date <= ?',
        [leg, highWater, businessDate],
      );
      return Number(row?.n ?? 0);
    },

    // Walks the primary key of plan_open (leg, plan_id); plans that are done by now are skipped by their state.
    async selectPage(db, { businessDate, afterSubject, highWater, limit }) {
      const rows = await db.arrays(
        `select p.id, p.amount_minor, p.currency, p.presentation from plan_open o join plan p on p.id = o.plan_id
         where o.leg = ? and o.plan_id > ? and o.plan_id <= ? and o.due_date <= ? and p.state = 'open'
         order by o.plan_id limit ${Math.trunc(limit)}`,
        [leg, afterSubject, highWater, businessDate],
      );
      return rows.map((row) => ({
        subject: Number(row[0]),
        amountMinor: Number(row[1]),
        currency: String(row[2]),
        presentation: Number(row[3]) + 1,
      }));
    },

    details: (db, range) => planDetails(db, leg, range),

    async onHeld(tx, subjects) {
      await setEach(
        tx,
        ['state'],
        `state in ('open', 'given_up')`,
        subjects.map((id) => [id, 'held']),
      );
    },

    async onUnheld(tx, items) {
      await setEach(
        tx,
        ['state'],
        `state = 'held'`,
        items.map((item) => [item.subject, 'open']),
      );
      await advancePresentation(tx, items);
    },

    onReleased: advancePresentation,
  };
}

async function planDetails(
  db: SqlReader,
  leg: Leg,
  range: { runId: number; sliceNo: number; fromSeq: number; toSeq: number },
): ReturnType<DebitJob['details']> {
  const rows = await db.arrays(
    `select i.seq, i.subject, p.contract_no, p.period, p.account_no from item i join plan p on p.id = i.subject
     where i.run_id = ? and i.slice_no = ? and i.seq >= ? and i.seq <= ? order by i.seq`,
    [range.runId, range.sliceNo, range.fromSeq, range.toSeq],
  );
  return rows.map((row) => ({
    seq: Number(row[0]),
    subject: Number(row[1]),
    reference: planReference({ contractNo: String(row[2]), period: Number(row[3]), leg }),
    accountNo: String(row[4]),
  }));
}

/** Never backwards: the plan may have been presented again since, and a number that was used is never used again. */
async function advancePresentation(
  tx: SqlTx,
  items: readonly { subject: number; presentation: number }[],
): Promise<void> {
  for (const { subject, presentation } of items) {
    await tx.run('update plan set presentation = ? where id = ? and presentation < ?', [
      presentation,
      subject,
      presentation,
    ]);
  }
}

async function setEach(
  tx: SqlTx,
  set: readonly string[],
  guard: string,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  await tx.updateRows({ table: 'plan', key: ['id'], set, guard }, rows);
}
