import { LeaseLostError } from '../../../shared/errors.ts';
import type { SqlStore, SqlTx } from '../../../shared/sql/sql.ts';
import { type Checkpoint, type CheckpointStore, isSamePosition } from '../../batch/checkpoint.ts';
import type { ItemWriter } from '../../batch/step.ts';
import { NO_COUNTS } from '../../batch/step-counts.ts';
import { type AcceptableLine, judgeCollision, planKey } from './plan-collisions.ts';
import type { PlanLine, PlanPosition } from './plan-line-reader.ts';
import {
  assertActive,
  findPlansByKey,
  findSightings,
  insertNewPlans,
  insertRejects,
  insertSightings,
  lockPlanFile,
  maxPlanId,
  type PlanFileRow,
  planIdsAfter,
  type RejectedLine,
  readPlanFile,
  savePlanFileProgress,
} from './storage/plan-file-queries.ts';

interface ChunkInHand {
  readonly file: PlanFileRow;
  readonly maxIdBefore: number;
  accepted: number;
  alreadyStored: number;
}

/**
 * Stages the lines of one file: writer and checkpoint of the import's step. Plans, rejects, sightings and the file's
 * own progress are one transaction per chunk. `plan_file` is the checkpoint, so the numbers that the night reports
 * are the numbers that the import goes on from.
 */
export class PlanStaging implements ItemWriter<PlanLine>, CheckpointStore<PlanPosition> {
  readonly #store: SqlStore;
  readonly #fileId: number;
  /** Of the transaction in hand; set anew at its beginning, because a deadlock runs the body again. */
  #chunk: ChunkInHand | null = null;

  constructor(store: SqlStore, fileId: number) {
    this.#store = store;
    this.#fileId = fileId;
  }

  async load(): Promise<Checkpoint<PlanPosition>> {
    return checkpointOf(await this.#store.read('read-plan-file', (tx) => readPlanFile(tx, this.#fileId)));
  }

  async assertAt(tx: SqlTx, expected: Checkpoint<PlanPosition>): Promise<void> {
    const file = await lockPlanFile(tx, this.#fileId);
    if (file.state !== 'staged' || !isSamePosition(checkpointOf(file).position, expected.position)) {
      throw new LeaseLostError(`plan file ${file.id} was moved by another import`, { details: { fileId: file.id } });
    }
    this.#chunk = { file, accepted: 0, alreadyStored: 0, maxIdBefore: await maxPlanId(tx) };
  }

  async write(tx: SqlTx, lines: readonly PlanLine[]): Promise<void> {
    const acceptable: AcceptableLine[] = [];
    const rejects: RejectedLine[] = [];
    const textOf = new Map<number, string>();
    for (const { lineNo, text, verdict } of lines) {
      if (verdict.kind === 'reject') rejects.push(rejectedLine(lineNo, text, verdict.code, verdict.premium));
      else {
        acceptable.push({ lineNo, plan: verdict.plan });
        textOf.set(lineNo, text);
      }
    }
    const inserted = await insertNewPlans(tx, this.#fileId, acceptable);
    const chunk = this.#expectChunk();
    chunk.accepted = acceptable.length;
    // All keys were free: the common case needs no second look.
    if (inserted < acceptable.length) await this.#resolveCollisions(tx, acceptable, textOf, rejects);
    rejects.sort((a, b) => a.lineNo - b.lineNo);
    if (rejects.length > 0) await insertRejects(tx, this.#fileId, rejects);
  }

  async save(tx: SqlTx, next: Checkpoint<PlanPosition>): Promise<void> {
    const { file, accepted, alreadyStored, maxIdBefore } = this.#expectChunk();
    const position = next.position as PlanPosition;
    const inserted = await planIdsAfter(tx, maxIdBefore);
    await savePlanFileProgress(tx, this.#fileId, {
      ...position,
      dataLines: next.counts.read,
      accepted: file.accepted + accepted,
      alreadyStored: file.already_stored + alreadyStored,
      firstPlanId: file.first_plan_id === 0 ? (inserted?.first ?? 0) : file.first_plan_id,
      lastPlanId: inserted?.last ?? file.last_plan_id,
    });
    this.#chunk = null;
  }

  /** Some key was taken, by an earlier line or an earlier file: look at every row and judge in the file's order. */
  async #resolveCollisions(
    tx: SqlTx,
    acceptable: readonly AcceptableLine[],
    textOf: ReadonlyMap<number, string>,
    rejects: RejectedLine[],
  ): Promise<void> {
    const chunk = this.#expectChunk();
    const stored = await findPlansByKey(tx, acceptable);
    const foreign = [...stored.values()].filter(({ fileId }) => fileId !== this.#fileId);
    await assertActive(tx, new Set(foreign.map(({ fileId }) => fileId)));
    const planIds = foreign.map(({ id }) => id);
    const sighted = await findSightings(tx, this.#fileId, planIds);
    const sightings: { planId: number; lineNo: number }[] = [];
    for (const line of acceptable) {
      const { lineNo, plan } = line;
      const holder = stored.get(planKey(plan));
      if (holder === undefined) throw new Error(`line ${lineNo}: its key is neither free nor taken`);
      const verdict = judgeCollision(line, holder, this.#fileId, sighted);
      switch (verdict.kind) {
        case 'stored-by-this-line':
          break;
        case 'stored-before':
          chunk.alreadyStored += 1;
          if (verdict.isNew) sightings.push({ planId: verdict.planId, lineNo });
          break;
        case 'reject': {
          chunk.accepted -= 1;
          const premium = plan.leg === 'PREMIUM' ? { contractNo: plan.contractNo, period: plan.period } : null;
          rejects.push(rejectedLine(lineNo, textOf.get(lineNo) ?? '', verdict.code, premium));
          break;
        }
      }
    }
    if (sightings.length > 0) await insertSightings(tx, this.#fileId, sightings);
  }

  #expectChunk(): ChunkInHand {
    if (this.#chunk === null) throw new Error('a chunk is written before its checkpoint was asserted');
    return this.#chunk;
  }
}

function checkpointOf(file: PlanFileRow): Checkpoint<PlanPosition> {
  const counts = { ...NO_COUNTS, read: file.data_lines, written: file.data_lines };
  // Before the first chunk nothing is committed, not even the header.
  if (file.byte_offset === 0) return { position: null, counts };
  return { position: { byteOffset: file.byte_offset, lineNo: file.line_no, crc: file.prefix_crc }, counts };
}

function rejectedLine(
  lineNo: number,
  text: string,
  code: RejectedLine['code'],
  premium: RejectedLine['premium'],
): RejectedLine {
  return { lineNo, code, raw: Buffer.from(text, 'latin1'), premium };
}
