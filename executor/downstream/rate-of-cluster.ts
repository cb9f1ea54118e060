import type { Logger } from '../../shared/logger.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Hints, Topic } from '../../shared/redis/hints.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { DownstreamHealth } from './downstream-health.ts';
import type { RateBucket } from './rate-bucket.ts';
import { measureRate } from './rate-metrics.ts';
import { ClusterRepeats } from './rate-repeats.ts';
import { readLimit } from './rate-share-rows.ts';
import { RateShares } from './rate-shares.ts';

export interface ClusterRateOptions {
  readonly store: SqlStore;
  readonly hints: Hints;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly downstreamName: string;
  readonly findDownstream: () => Promise<number>;
}

/** What one process of a cluster has to do with the others before it sends anything to their downstream. */
export class ClusterRate {
  readonly #options: ClusterRateOptions;
  readonly #unsubscribe: (() => void)[] = [];
  #shares: RateShares | null = null;
  #opening: Promise<RateShares | null> | null = null;

  constructor(options: ClusterRateOptions) {
    this.#options = options;
  }

  /** The bucket, when some process has learned the limit before: then a first probe waits for its token, too. */
  async known(): Promise<RateBucket | null> {
    const { store, findDownstream } = this.#options;
    this.#opening ??= (async () => {
      const downstreamId = await findDownstream();
      const limit = await store.read('read-rate-limit', (db) => readLimit(db, downstreamId));
      if (limit === null) return null;
      const shares = this.#create(downstreamId, limit);
      shares.begin();
      return shares;
    })();
    try {
      return (await this.#opening)?.bucket ?? null;
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }

  /** With the limit as the downstream has just stated it. */
  async open(downstreamId: number, perSecond: number): Promise<RateBucket> {
    const shares = this.#shares ?? this.#create(downstreamId, perSecond);
    await shares.setLimit(perSecond);
    shares.begin();
    return shares.bucket;
  }

  repeats(downstreamId: number): ClusterRepeats {
    return new ClusterRepeats({ ...this.#options, downstreamId });
  }

  /** A pause is told to the others, who judge for themselves; so is its end. */
  share(downstreamId: number, health: DownstreamHealth): void {
    const { hints } = this.#options;
    const topic: Topic = `executor:downstream-${downstreamId}`;
    health.onPause = (why) => hints.publish(topic, why);
    health.onWell = () => hints.publish(topic, WELL);
    const hear = (body: string): void => {
      if (body === WELL || body === '') health.lookNow();
      else void health.suspect(body);
    };
    this.#unsubscribe.push(hints.subscribe(topic, hear));
  }

  async stop(): Promise<void> {
    for (const off of this.#unsubscribe) off();
    await this.#shares?.stop();
  }

  #create(downstreamId: number, perSecond: number): RateShares {
    const { metrics, downstreamName } = this.#options;
    const shares = new RateShares({ ...this.#options, downstreamId, maxRequestsPerSecond: perSecond });
    measureRate(metrics, downstreamName, shares);
    this.#shares = shares;
    return shares;
  }
}

const WELL = 'well';
