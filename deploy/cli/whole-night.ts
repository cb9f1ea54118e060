import type { ImportOutcome } from '../../executor/examples/settlement/import-plans.ts';
import { bindChainRun, bindGateway, hasStoredCalls } from '../../executor/examples/settlement/night.ts';
import {
  importNightPlans,
  type NightWork,
  reconcile,
  settlementHandlers,
} from '../../executor/examples/settlement/night-handlers.ts';
import { noteCarriedOver } from '../../executor/examples/settlement/reconcile-carried-over.ts';
import type { ChainRunView } from '../../scheduler/chain/chain-run-view.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import { DaybreakError, isDaybreakError } from '../../shared/errors.ts';
import { createFailureWatch } from './failure-watch.ts';
import type { LiveNight } from './live-night.ts';
import { type NightMoney, type NightParts, startNightNodes } from './night-work.ts';
import { NIGHTLY_SETTLEMENT } from './nightly-settlement.ts';

export interface WholeNight {
  readonly parts: NightParts;
  readonly money: NightMoney;
  readonly planSha256: string;
  readonly live: LiveNight;
  readonly stop: AbortSignal;
  readonly closing: AsyncDisposableStack;
  /** The chain runs: from now on there is progress to show. */
  onChainRun(chainRunId: number): void;
}

/** How the work of a night ended; what it came to is for the report to say. */
export type NightEnd =
  | { readonly kind: 'worked'; readonly executors: readonly ShardHolder[]; readonly file: ImportedFile | null }
  /** Nothing was debited: the file, or a gateway that could not be used. */
  | { readonly kind: 'refused'; readonly message: string; readonly outcome: ImportOutcome };

/** What the import said, whichever start of the night it ran in; null: as the store has it. */
export type ImportedFile = Pick<ImportOutcome, 'dataLines' | 'accepted' | 'rejected' | 'alreadyStored'>;

/** Who worked a shard last. */
export interface ShardHolder {
  readonly shardIndex: number;
  readonly address: string;
}

const CONNECT_MS = 30_000;
/** A gateway that answers within this gets the import from the chain; else it is begun while we go on trying. */
const QUICK_MS = 1_000;

/** Gateway, nodes, chain: until the chain run has ended. Throws the stop signal's reason, or what broke. */
export async function workWholeNight(whole: WholeNight): Promise<NightEnd> {
  const { parts, money, stop } = whole;
  let imported: ImportOutcome | null = null;
  const bound = Promise.withResolvers<void>();
  bound.promise.catch(() => undefined);
  const work: NightWork = {
    ...parts.options,
    ...parts,
    ...money,
    downstream: money.gateway.downstream,
    nightId: parts.night.id,
    planSha256: whole.planSha256,
    ready: bound.promise,
    onImported: (outcome) => {
      imported = outcome;
    },
  };
  const connected = await reachGateway(whole, work);
  if (connected.kind === 'unreachable') return { ...connected, kind: 'refused' };

  const failures = createFailureWatch(parts.runtime);
  const handlers = settlementHandlers({ debitJobs: money.debitJobs, nightOf: async () => work }).map(failures.watch);
  const { scheduler } = await startNightNodes(parts, { ...money, handlers }, whole.closing);
  whole.live.scheduler = scheduler;
  const chainRunId = await startChainRun(whole, scheduler);
  if (chainRunId === null) {
    // An earlier chain run gave up with money on its way: what is left is to ask, to match and to report.
    await connected.whenUsable;
    await reconcile(work, stop);
    return { kind: 'worked', executors: [], file: null };
  }
  await endOtherChainRuns(whole, scheduler, chainRunId);
  await money.engine.beginChainRun({ chainRunId, cutOffAtMs: parts.night.cutOffAtMs, exclusive: true });
  // Once more: what an unfinished night had in the air is in the open table only now.
  await parts.store.transaction('note-carried-over', (tx) => noteCarriedOver(tx, { ...parts.night, chainRunId }));
  whole.live.chainRunId = chainRunId;
  whole.onChainRun(chainRunId);
  connected.whenUsable.then(bound.resolve, bound.reject);

  const view = await Promise.race([
    scheduler.waitForChainRun(chainRunId, stop),
    money.gateway.broken,
    failures.lost,
    neverUnless(connected.whenUsable),
  ]).catch((error: unknown) => withoutGateway(whole, work, scheduler, chainRunId, error));
  return endOf(view, imported);
}

type Reached =
  /** `whenUsable` resolves when the engine can speak to the gateway; it rejects at the cut-off. */
  | { readonly kind: 'reached'; readonly whenUsable: Promise<void> }
  | { readonly kind: 'unreachable'; readonly message: string; readonly outcome: ImportOutcome };

/**
 * With no call stored a gateway that cannot be used ends the night: nothing was debited. With calls on their way it is
 * waited for until the cut-off, because only it can tell what became of them.
 */
async function reachGateway(whole: WholeNight, work: NightWork): Promise<Reached> {
  const { parts, stop } = whole;
  const { engine } = whole.money;
  const origin = whole.money.gateway.downstream.origin;
  const bind = () => bindGateway(parts.store, parts.night.id, origin);
  if (await hasStoredCalls(parts.store, parts.night.chainRunId)) {
    const leftMs = parts.night.cutOffAtMs - parts.runtime.clock.wallMs();
    const whenUsable = engine.connect({ forMs: Math.max(CONNECT_MS, leftMs), signal: stop }).then(bind);
    whenUsable.catch(() => undefined);
    return { kind: 'reached', whenUsable };
  }
  const connecting = engine.connect({ forMs: CONNECT_MS, signal: stop });
  connecting.catch(() => undefined);
  const importing = importIfSlow(whole, work, connecting);
  try {
    await connecting;
  } catch (error) {
    if (stop.aborted) throw error;
    if (!isDaybreakError(error)) throw error;
    const outcome = (await importing) ?? (await importNightPlans(work, stop));
    return { kind: 'unreachable', message: `--gateway: ${error.message}; nothing was debited`, outcome };
  }
  await importing;
  await bind();
  return { kind: 'reached', whenUsable: Promise.resolve() };
}

/** Imports while the gateway is still being tried: its report has the file's numbers whatever becomes of that. */
async function importIfSlow(
  whole: WholeNight,
  work: NightWork,
  connecting: Promise<unknown>,
): Promise<ImportOutcome | null> {
  const settled = new AbortController();
  const quick = connecting.then(
    () => true,
    () => true,
  );
  const slow = whole.parts.runtime.sleep(QUICK_MS, settled.signal).then(
    () => false,
    () => true,
  );
  const answered = await Promise.race([quick, slow]);
  settled.abort();
  return answered ? null : importNightPlans(work, whole.stop);
}

/** The chain run of this night: the one that there is, or a new one. Null: there is one, and it failed with calls stored. */
async function startChainRun(whole: WholeNight, scheduler: Scheduler): Promise<number | null> {
  const { store, night } = whole.parts;
  const order = { chain: NIGHTLY_SETTLEMENT, businessDate: night.businessDate, cutOffAtMs: night.cutOffAtMs };
  let requestId = `night-${night.id}`;
  if (night.chainRunId !== null) {
    const { state } = await scheduler.chainRun(night.chainRunId);
    if (state !== 'failed' && state !== 'cancelled' && state !== 'cancelling') return night.chainRunId;
    if (await hasStoredCalls(store, night.chainRunId)) return null;
    requestId = `night-${night.id}-after-${night.chainRunId}`;
  }
  const { chainRunId } = await scheduler.startChain({ ...order, requestId });
  await bindChainRun(store, night.id, chainRunId);
  return chainRunId;
}

/**
 * A night of another date that was cut off and never taken up is over when this one begins: two that debit side by side
 * would each hold the other's plans. What it has in flight is asked for, and all else of it is due tonight.
 */
async function endOtherChainRuns({ parts, stop }: WholeNight, scheduler: Scheduler, chainRunId: number): Promise<void> {
  const { activeChainRuns } = await scheduler.status();
  for (const { id } of activeChainRuns) {
    if (id === chainRunId) continue;
    parts.logger.warn({ chainRunId: id }, 'an earlier night never ended: what is open of it is taken over by this one');
    await scheduler.cancelChainRun(id, `the night of ${parts.night.businessDate} has begun`);
    await scheduler.waitForChainRun(id, stop);
  }
}

/** Rejects when the promise does, and never resolves. */
function neverUnless(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    promise.catch(reject);
  });
}

/** The cut-off came and the gateway never answered: no more can be had from it tonight. */
async function withoutGateway(
  whole: WholeNight,
  work: NightWork,
  scheduler: Scheduler,
  chainRunId: number,
  error: unknown,
): Promise<ChainRunView> {
  if (whole.stop.aborted || !isDaybreakError(error, 'DOWNSTREAM_UNREACHABLE')) throw error;
  whole.parts.logger.error(
    { err: error },
    'the gateway did not answer before the cut-off: the night is reported as it is',
  );
  await scheduler.cancelChainRun(chainRunId, error.message);
  const unasked = { asked: 0, settled: 0, repeated: 0, stillOpen: 0 };
  const { engine } = work;
  await reconcile(
    {
      ...work,
      engine: { ...engine, capabilities: null, lastPass: async () => unasked, applySettlementLines: async () => 0 },
    },
    whole.stop,
    // It was asked until the cut-off in vain: its file is asked for once more, and not for minutes.
    { filesForMs: 5_000 },
  );
  return scheduler.chainRun(chainRunId);
}

function endOf(view: ChainRunView, imported: ImportOutcome | null): NightEnd {
  if (imported?.kind === 'refused') return { kind: 'refused', message: imported.sentence, outcome: imported };
  if (view.state === 'failed') {
    throw new DaybreakError('INTERNAL', `the chain run failed: ${view.reason ?? 'no reason was given'}`);
  }
  return { kind: 'worked', executors: shardHolders(view), file: imported ?? importedFile(view) };
}

/** The import's own result, as its shard reported it to the scheduler in this start or an earlier one. */
function importedFile({ runs }: ChainRunView): ImportedFile | null {
  const result: unknown = runs.find((run) => run.job === 'import-plans')?.shards[0]?.result;
  const isOurs = typeof result === 'object' && result !== null && 'kind' in result && result.kind === 'imported';
  return isOurs ? (result as unknown as ImportedFile) : null;
}

/** The executors of the debit runs by shard index: one that had no item is reported as well. */
function shardHolders({ runs }: ChainRunView): ShardHolder[] {
  const holders = new Map<number, string>();
  for (const run of runs.filter((one) => one.job.endsWith('-debit'))) {
    for (const shard of run.shards) {
      const address = shard.attempts.at(-1)?.address;
      if (address !== undefined) holders.set(shard.index, address);
    }
  }
  return [...holders].map(([shardIndex, address]) => ({ shardIndex, address }));
}
