import { addDays, isoInstant } from '../../shared/business-date.ts';
import { messageOf } from '../../shared/errors.ts';
import { applySettlementLines } from './apply-settlement-lines.ts';
import type { SettlementLine } from './define-downstream.ts';
import { cut } from './exchange-calls.ts';
import type { MoneyContext } from './money-context.ts';

/**
 * Some outcomes are only ever told by the settlement file (P6). While items stay open after several questions, one
 * sweep looks through the files now and then. A file counts as a whole or not at all, and its trailer comes last: so
 * only the few lines about open calls are held until then.
 */
export class FileSweep {
  readonly #context: MoneyContext;
  #nextAtMs = 0;
  #waitMs = WAIT_MIN_MS;

  constructor(context: MoneyContext) {
    this.#context = context;
  }

  /** Looks if it is time to and if any item has been asked for often enough; returns how many items it settled. */
  async look(signal: AbortSignal): Promise<number> {
    const { downstream, runtime } = this.#context;
    if (!downstream.file || runtime.clock.monotonicMs() < this.#nextAtMs) return 0;
    const open = await this.#longOpen();
    if (open.requestNos.size === 0) return 0;
    this.#nextAtMs = runtime.clock.monotonicMs() + this.#waitMs;
    this.#waitMs = Math.min(this.#waitMs * 2, WAIT_MAX_MS);
    let settled = 0;
    for (const date of open.dates) settled += await this.#lookInto(date, open.requestNos, signal);
    if (settled > 0) this.#waitMs = WAIT_MIN_MS;
    return settled;
  }

  async #lookInto(date: string, requestNos: ReadonlySet<string>, signal: AbortSignal): Promise<number> {
    const { downstream, bucket, runtime, logger } = this.#context;
    await bucket.take({ signal });
    try {
      const file = await downstream.file?.(date, AbortSignal.any([signal, runtime.deadline(FILE_MS)]));
      if (file?.kind !== 'lines') return 0;
      const ours: SettlementLine[] = [];
      for await (const lines of file.lines) ours.push(...lines.filter((line) => requestNos.has(line.requestNo)));
      let settled = 0;
      for (const part of cut(ours, 500)) settled += await applySettlementLines(this.#context, part);
      return settled;
    } catch (error) {
      // Nothing of it was used; the next look fetches it again.
      logger.warn({ date, why: messageOf(error) }, 'a settlement file could not be read whole');
      return 0;
    }
  }

  async #longOpen(): Promise<{ requestNos: ReadonlySet<string>; dates: readonly string[] }> {
    return this.#context.store.read('find-long-open', async (db) => {
      const rows = await db.arrays(
        `select c.request_no, c.stored_at, r.business_date from open_item o
         join item i on i.run_id = o.run_id and i.slice_no = o.slice_no and i.seq = o.seq
         join slice_run r on r.run_id = o.run_id
         join call_out c on c.downstream_id = o.downstream_id and c.subject = i.subject
           and c.presentation = i.presentation and c.attempt = i.attempt
         where o.downstream_id = ? and o.checks >= ${CHECKS_BEFORE} and i.state = 'PROCESSING' limit 50000`,
        [this.#context.downstreamId],
      );
      const dates = new Set(rows.map((row) => String(row[2])));
      const firstMs = Math.min(db.nowMs, ...rows.slice(0, 1).map((row) => Number(row[1])));
      for (const atMs of [firstMs, db.nowMs]) {
        const day = isoInstant(atMs).slice(0, 10);
        for (const near of [addDays(day, -1), day, addDays(day, 1)]) dates.add(near);
      }
      return { requestNos: new Set(rows.map((row) => String(row[0]))), dates: [...dates].sort() };
    });
  }
}

const CHECKS_BEFORE = 3;
const WAIT_MIN_MS = 5_000;
const WAIT_MAX_MS = 60_000;
const FILE_MS = 60_000;
