import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { busiestMinuteOf } from './busiest-minute.ts';
import { type RepeatBudget, repeatsPerMinute } from './rate-bucket.ts';
import { lockLimit } from './rate-share-rows.ts';

/**
 * Repeats within 10 % of the first sends of a minute, for all processes of a cluster together: each grant is a row, and
 * whoever asks counts those of the last minute under the limit's lock. The busiest minute is read from the history,
 * which has everybody's sends.
 */
export class ClusterRepeats implements RepeatBudget {
  readonly #store: SqlStore;
  readonly #runtime: Runtime;
  readonly #downstreamId: number;
  #busiest = 0;
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: { store: SqlStore; runtime: Runtime; downstreamId: number }) {
    this.#store = options.store;
    this.#runtime = options.runtime;
    this.#downstreamId = options.downstreamId;
  }

  /** They are in the history before they leave. */
  noteFirstSends(): void {
    // Nothing to keep here.
  }

  async allow(wanted: number): Promise<number> {
    if (wanted <= 0) return 0;
    const perMinute = repeatsPerMinute(await this.#busiestMinute());
    return this.#store.transaction('grant-repeats', async (tx) => {
      await lockLimit(tx, this.#downstreamId);
      const sinceMs = tx.nowMs - MINUTE_MS;
      await tx.run('delete from repeat_grant where downstream_id = ? and at_ms <= ?', [this.#downstreamId, sinceMs]);
      const row = await tx.get<{ repeats: number | null }>(
        'select sum(repeats) as repeats from repeat_grant where downstream_id = ? and at_ms > ?',
        [this.#downstreamId, sinceMs],
      );
      const allowed = Math.max(0, Math.min(wanted, perMinute - Number(row?.repeats ?? 0)));
      if (allowed > 0) {
        const columns = ['downstream_id', 'at_ms', 'repeats'];
        await tx.insertRows({ table: 'repeat_grant', columns }, [[this.#downstreamId, tx.nowMs, allowed]]);
      }
      return allowed;
    });
  }

  async #busiestMinute(): Promise<number> {
    const nowMs = this.#runtime.clock.monotonicMs();
    if (nowMs - this.#readAtMs < READ_EVERY_MS) return this.#busiest;
    this.#busiest = await busiestMinuteOf(this.#store, this.#downstreamId);
    this.#readAtMs = nowMs;
    return this.#busiest;
  }
}

const MINUTE_MS = 60_000;
const READ_EVERY_MS = 30_000;
