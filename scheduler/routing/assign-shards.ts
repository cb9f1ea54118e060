import { byAddress, type LiveExecutor } from './live-executor.ts';

/** A shard that is to be handed out now. */
export interface ReadyShard {
  readonly shardIndex: number;
  /** Who was meant to work it when the run was made; null: anybody. */
  readonly homeExecutorId: number | null;
  /** Who went wrong with it last: asked again only when there is nobody else. */
  readonly avoidExecutorId: number | null;
}

export interface AssignFacts<T> {
  readonly ready: readonly T[];
  readonly live: readonly LiveExecutor[];
  /** Shards of the run that each executor holds now, by its id. */
  readonly held: ReadonlyMap<number, number>;
  /** So many shards of a run an executor may hold at once. */
  readonly shardsPerExecutor: number;
  /** Addresses that went wrong a moment ago: no heirs while there are others. */
  readonly avoided: ReadonlySet<string>;
  /** Ids of peers that have yet to hear that an earlier attempt of the job is to stop: see `peersYetToHear`. */
  readonly yetToHear: ReadonlySet<number>;
}

export interface Assigned<T> {
  readonly shard: T;
  readonly executor: LiveExecutor;
}

/**
 * Who gets which shard now. First each shard goes to its home, while that lives and has room; what is left goes to those
 * with room, the one that holds the fewest first. So an executor that joins takes what nobody has begun, the shards of a
 * dead one spread over the others, and one that is slow keeps what it holds and gets no more. A shard that finds no room
 * stays ready.
 */
export function assignShards<T extends ReadyShard>(facts: AssignFacts<T>): Assigned<T>[] {
  const live = byAddress(facts.live);
  const held = new Map(facts.held);
  const heldBy = (executor: LiveExecutor) => held.get(executor.id) ?? 0;
  const hasRoom = (executor: LiveExecutor) =>
    !facts.yetToHear.has(executor.id) && heldBy(executor) < roomOf(executor, facts.shardsPerExecutor);
  const assigned: Assigned<T>[] = [];
  const give = (shard: T, executor: LiveExecutor) => {
    held.set(executor.id, heldBy(executor) + 1);
    assigned.push({ shard, executor });
  };
  const homeless = facts.ready.filter((shard) => {
    const home = willing(live, shard).find((executor) => executor.id === shard.homeExecutorId);
    if (home === undefined) return true;
    // It hears within moments, unless it went wrong: no reason to work the shard elsewhere.
    if (facts.yetToHear.has(home.id)) return facts.avoided.has(home.address);
    if (!hasRoom(home)) return true;
    give(shard, home);
    return false;
  });
  for (const shard of homeless) {
    const roomy = willing(live, shard).filter(hasRoom);
    const healthy = roomy.filter((executor) => !facts.avoided.has(executor.address));
    const candidates = healthy.length > 0 ? healthy : roomy;
    const fewest = Math.min(...candidates.map(heldBy));
    const equals = candidates.filter((executor) => heldBy(executor) === fewest);
    const heir = equals[Math.abs(shard.shardIndex) % Math.max(1, equals.length)];
    if (heir !== undefined) give(shard, heir);
  }
  return assigned;
}

/**
 * A foreign peer has one queue per job: a second shard would wait in it unseen, or be refused (DISCARD_LATER), or kill
 * the first (COVER_EARLY). It gets the next one when the first is back.
 */
const roomOf = (executor: LiveExecutor, shardsPerExecutor: number): number =>
  executor.foreign ? 1 : shardsPerExecutor;

function willing(live: readonly LiveExecutor[], shard: ReadyShard): readonly LiveExecutor[] {
  const others = live.filter((executor) => executor.id !== shard.avoidExecutorId);
  return others.length > 0 ? others : live;
}
