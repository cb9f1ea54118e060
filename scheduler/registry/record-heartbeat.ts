import type { RegistryMessage, ThrottledShard } from '../../shared/protocol/wire.ts';
import type { RunPath } from '../dispatch/run-path.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import {
  type ExecutorRow,
  findExecutor,
  lockExecutor,
  moveExecutor,
  readExecutor,
  writeBeat,
} from '../storage/sql/executor-queries.ts';
import { noteThrottled } from '../storage/sql/throttled-queries.ts';
import { type ExecutorState, transitExecutor } from './executor-liveness.ts';

export type RegistryVerdict = { readonly kind: 'taken' } | { readonly kind: 'refused'; readonly why: string };

/** What the headers of a registration tell of its sender. */
export interface SenderTraits {
  readonly signs: boolean;
  readonly triggerPath: RunPath | null;
}
const PLAIN: SenderTraits = { signs: false, triggerPath: null };

/**
 * Takes a registration or a heartbeat (they are one message). A new executor, or a new process at a known address, is
 * called back there before it is believed, so that 200 means: it is alive and may get work. Until then nothing is
 * written: a stranger's message changes nothing for the executor whose address it names.
 */
export async function recordHeartbeat(
  ctx: SchedulerContext,
  message: RegistryMessage,
  sender: SenderTraits = PLAIN,
): Promise<RegistryVerdict> {
  const address = normalAddress(message.registryValue);
  const refusal = await ctx.client.refusalOf(address);
  if (refusal !== null) {
    ctx.metrics.requestsRefused.add(1, { why: 'address' });
    return { kind: 'refused', why: refusal };
  }
  const beat: Heard = {
    group: message.registryKey,
    address,
    registeredAs: message.registryValue,
    incarnation: message.incarnation ?? null,
    labels: message.labels ?? {},
    throttled: message.throttled ?? null,
    sender,
  };
  const known = await ctx.store.read('read-executor', (db) => readExecutor(db, beat.group, address));
  const isNews = known === null || !isHome(known, beat);
  if (isNews) {
    const why = await callBack(ctx, beat);
    if (why !== null) return { kind: 'refused', why };
  }
  const { restarted } = await write(ctx, beat, isNews);
  if (restarted) ctx.wake('rescue-lost-attempts');
  if (isNews) {
    ctx.logger.info({ address, group: beat.group }, 'executor is alive');
    ctx.wake('dispatch-ready-shards');
  }
  return { kind: 'taken' };
}

interface Heard {
  readonly group: string;
  readonly address: string;
  /** The address to the letter, for routes that hash it. */
  readonly registeredAs: string;
  readonly incarnation: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Null: it does not say. */
  readonly throttled: readonly ThrottledShard[] | null;
  readonly sender: SenderTraits;
}

/** Whether this very process was called back before. */
const isHome = (row: ExecutorRow, beat: Heard): boolean =>
  isSameProcess(row, beat.incarnation) &&
  row.state !== 'joining' &&
  row.state !== 'gone' &&
  row.signs === (beat.sender.signs ? 1 : 0);

/** Peers of another make tell no incarnation; but after its goodbye a process of theirs does not beat any more. */
const isSameProcess = (row: ExecutorRow, incarnation: string | null): boolean =>
  row.incarnation === incarnation && !(incarnation === null && row.state === 'draining');

async function callBack(ctx: SchedulerContext, beat: Heard): Promise<string | null> {
  const { address, group, incarnation } = beat;
  const expected = { group, incarnation, signs: beat.sender.signs };
  if (await ctx.client.beat(address, ctx.settings.probeTimeoutMs, expected)) return null;
  ctx.metrics.requestsRefused.add(1, { why: 'unreachable' });
  const why = `nobody answers POST ${address}beat with our token: is the address right, and the port open?`;
  ctx.logger.warn({ address, group }, why);
  return why;
}

function write(ctx: SchedulerContext, beat: Heard, answered: boolean): Promise<{ restarted: boolean }> {
  const { group, address, registeredAs, incarnation, labels, sender } = beat;
  return ctx.store.transaction('record-heartbeat', async (tx) => {
    const row = await lockExecutor(tx, group, address, incarnation);
    if (row === null) throw new Error(`executor ${address} is not there in the transaction that made it`);
    const sameIncarnation = isSameProcess(row, incarnation);
    let state = stateAfter(row.state, { kind: 'beat', sameIncarnation });
    if (answered) state = stateAfter(state, { kind: 'answered' });
    await writeBeat(tx, { id: row.id, state, incarnation, labels, registeredAs, ...sender });
    if (beat.throttled !== null) await noteThrottled(tx, row.id, beat.throttled);
    return { restarted: !sameIncarnation };
  });
}

function stateAfter(state: ExecutorState, event: Parameters<typeof transitExecutor>[1]): ExecutorState {
  const verdict = transitExecutor(state, event);
  return verdict.kind === 'moved' ? verdict.to : state;
}

/** An executor says that it stops: no new work. What it holds stays with it until it tells, or until it is gone. */
export async function recordDeparture(ctx: SchedulerContext, message: RegistryMessage): Promise<RegistryVerdict> {
  const address = normalAddress(message.registryValue);
  await ctx.store.transaction('record-departure', async (tx) => {
    const row = await findExecutor(tx, message.registryKey, address);
    if (row === null) return;
    // A late goodbye of the process before this one at the same address.
    if (message.incarnation !== undefined && row.incarnation !== message.incarnation) return;
    const verdict = transitExecutor(row.state, { kind: 'unregistered' });
    if (verdict.kind === 'moved') await moveExecutor(tx, row, verdict.to);
  });
  ctx.wake('dispatch-ready-shards');
  return { kind: 'taken' };
}

/** Registered with or without the slash at its end, it is one address. */
export const normalAddress = (address: string): string => (address.endsWith('/') ? address : `${address}/`);
