import type { SqlTx, SqlValue } from '../../../shared/sql/sql.ts';
import type { GateChunk, GateDecision } from '../../downstream/money-engine.ts';

/**
 * The gate of a principal (I4): its premium of the same contract and period, read with its row locked in the very
 * transaction that stores the principal's call. One premium that failed blocks its own principal alone; one that is
 * still open holds its own principal alone.
 */
export interface PremiumSeen {
  /** The premium's plan, or null when none is stored. */
  readonly plan: {
    readonly state: 'open' | 'paid' | 'given_up' | 'held';
    readonly dueDate: string;
    readonly failedTonight: boolean;
  } | null;
  /** A premium line of this contract and period was rejected in tonight's file (a duplicate of an accepted one is none). */
  readonly rejectedTonight: boolean;
}

export function decidePremiumGate(seen: PremiumSeen, businessDate: string): GateDecision | null {
  const { plan } = seen;
  if (plan?.state === 'paid') return null;
  if (plan?.state === 'given_up') return { kind: 'blocked', reason: 'PREMIUM_FAILED' };
  if (plan?.state === 'open' && plan.failedTonight) return { kind: 'blocked', reason: 'PREMIUM_FAILED' };
  const isDue = plan !== null && plan.dueDate <= businessDate;
  if (plan?.state === 'held' || isDue) return { kind: 'wait', reason: 'PREMIUM_OPEN' };
  return seen.rejectedTonight ? { kind: 'blocked', reason: 'PREMIUM_REJECTED' } : null;
}

export async function gatePrincipals(tx: SqlTx, chunk: GateChunk): Promise<ReadonlyMap<number, GateDecision>> {
  const fileId = await tonightsFile(tx, chunk.chainRunId);
  const decisions = new Map<number, GateDecision>();
  for (const part of partsOf(chunk)) {
    for (const row of await readPremiums(tx, chunk.runId, part, fileId)) {
      const decision = decidePremiumGate(seenOf(row, chunk.chainRunId), chunk.businessDate);
      if (decision) decisions.set(Number(row[0]), decision);
    }
  }
  return decisions;
}

async function tonightsFile(tx: SqlTx, chainRunId: number | null): Promise<number> {
  const night = await tx.get<{ file_id: number | null }>('select file_id from night where chain_run_id = ?', [
    chainRunId,
  ]);
  return night?.file_id ?? 0;
}

interface Part {
  readonly sliceNo: number;
  readonly seqs: readonly number[];
  readonly isRange: boolean;
}

const LISTED = 50;

/** A walked chunk is asked for as one range; the sweep's scattered few as lists of one fixed length (one statement text). */
function partsOf({ items }: GateChunk): readonly Part[] {
  const first = items[0];
  const last = items.at(-1);
  if (!first || !last) return [];
  const seqs = items.map((item) => item.seq);
  if (last.seq - first.seq + 1 === items.length) return [{ sliceNo: first.sliceNo, seqs, isRange: true }];
  const parts: Part[] = [];
  for (let at = 0; at < seqs.length; at += LISTED) {
    parts.push({ sliceNo: first.sliceNo, seqs: seqs.slice(at, at + LISTED), isRange: false });
  }
  return parts;
}

function readPremiums(tx: SqlTx, runId: number, part: Part, fileId: number): Promise<SqlValue[][]> {
  const last = part.seqs.at(-1) ?? 0;
  const where = part.isRange ? 'i.seq >= ? and i.seq <= ?' : `i.seq in (${Array(LISTED).fill('?').join(', ')})`;
  const seqs = part.isRange
    ? [part.seqs[0] ?? 0, last]
    : [...part.seqs, ...Array<number>(LISTED - part.seqs.length).fill(last)];
  return tx.arrays(
    `select i.seq, g.state, g.due_date, g.failed_in,
       case when g.state is null or g.state = 'open' then exists (
         select 1 from plan_reject r
         where r.file_id = ? and r.contract_no = p.contract_no and r.period = p.period and r.code <> 'DUPLICATE'
       ) else 0 end as rejected
     from item i
     join plan p on p.id = i.subject
     left join plan g on g.contract_no = p.contract_no and g.period = p.period and g.leg = 'PREMIUM'
     where i.run_id = ? and i.slice_no = ? and ${where}${tx.forUpdate}`,
    [fileId, runId, part.sliceNo, ...seqs],
  );
}

function seenOf(row: readonly SqlValue[], chainRunId: number | null): PremiumSeen {
  const [, state, dueDate, failedIn, rejected] = row;
  const plan =
    state === null
      ? null
      : {
          state: state as 'open' | 'paid' | 'given_up' | 'held',
          dueDate: String(dueDate),
          failedTonight: failedIn !== null && Number(failedIn) === chainRunId,
        };
  return { plan, rejectedTonight: Number(rejected) === 1 };
}
