import { type Held, type HoldMessage, HoldSchema, heldAddress } from '../../shared/protocol/hold.ts';
import { messageReader } from '../../shared/protocol/read-message.ts';
import type { HeldLines } from '../dispatch/held-lines.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { readExecutor } from '../storage/sql/executor-queries.ts';
import { hearHeldExecutor } from '../storage/sql/held-executor-queries.ts';
import { type Caller, tokenRefusal, unknownGroup } from './wire-caller.ts';
import { type Answer, fail, success } from './wire-hooks.ts';
import type { WireVerbsOptions } from './wire-verbs.ts';

/** Waits with its answer until there are messages; the signal aborts when the asker is gone. */
export type HoldVerb = (body: unknown, caller: Caller, signal: AbortSignal) => Promise<Answer>;

const readHold = messageReader(HoldSchema);

/** Takes the questions of executors that cannot be dialled. */
export function createHoldVerb(ctx: SchedulerContext, lines: HeldLines, options: WireVerbsOptions): HoldVerb {
  const { keyring, strangersMayRegister } = options;
  const heardAtMs = new Map<string, number>();
  // Often enough that nobody takes it for silent, and no write for each message.
  const hearEveryMs = Math.min(5_000, ctx.settings.executorSilentAfterMs / 3);
  const waitMsMax = Math.max(1_000, ctx.settings.executorSilentAfterMs / 2);

  const refuse = (why: string, answer: Answer): Answer => {
    ctx.metrics.requestsRefused.add(1, { why });
    return answer;
  };

  /** As for a registration: the token of the group, and no way back from signing. */
  async function refusalOf({ group, id }: HoldMessage, caller: Caller): Promise<Answer | null> {
    const words = fail(tokenRefusal(caller.appName !== null));
    if (caller.appName !== null && caller.appName !== group) return refuse('group', words);
    if (!strangersMayRegister && !(await keyring.knows(group))) {
      return refuse('group', fail(unknownGroup(group)));
    }
    if (!(await keyring.mayActFor(caller.holder, group))) return refuse('group', words);
    if (caller.signed) return null;
    const address = heldAddress(group, id);
    const row = await ctx.store.read('read-executor', (db) => readExecutor(db, group, address));
    const hasSigned = lines.lineAt(address)?.signed === true || (row !== null && row.signs === 1);
    return hasSigned && row?.state !== 'gone' ? refuse('unsigned', words) : null;
  }

  async function hear({ group, incarnation }: HoldMessage, address: string): Promise<void> {
    const nowMs = ctx.runtime.clock.monotonicMs();
    const before = heardAtMs.get(address);
    if (before !== undefined && nowMs - before < hearEveryMs) return;
    if (heardAtMs.size >= 10_000) heardAtMs.clear();
    heardAtMs.set(address, nowMs);
    try {
      await ctx.store.transaction('hear-held-executor', (tx) => hearHeldExecutor(tx, { group, address, incarnation }));
    } catch (err) {
      // The line is worth more than the note: heartbeats tell the same.
      ctx.logger.warn({ err, address }, 'a held line could not be written down as heard');
    }
  }

  return async function hold(body, caller, signal) {
    const read = readHold(body);
    if (read.kind === 'wrong') return refuse('shape', fail(`invalid request, ${read.why}`));
    const { message } = read;
    const refusal = await refusalOf(message, caller);
    if (refusal !== null) return refusal;
    const { group, id, incarnation, answers } = message;
    const waitMs = Math.min(message.waitMs, waitMsMax);
    const polled = lines.poll({ group, id, incarnation, signed: caller.signed }, { waitMs, answers, signal });
    const [held] = await Promise.all([polled, hear(message, heldAddress(group, id))]);
    if (held === null) return fail('this scheduler stops, or has as many lines as it can hold: ask another one');
    return { ...success, data: held satisfies Held };
  };
}
