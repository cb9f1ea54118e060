import { isHeldAddress, readHeldAddress } from '../../shared/protocol/hold.ts';
import { messageReader, peerMessageReader } from '../../shared/protocol/read-message.ts';
import {
  type RegistryMessage,
  RegistrySchema,
  RunManifestSchema,
  type SliceSettled,
  SliceSettledSchema,
} from '../../shared/protocol/wire.ts';
import { acceptCallbackList, describeReport } from '../callback/accept-callback-list.ts';
import { acceptRunManifest, acceptSlicesSettled } from '../callback/accept-told.ts';
import type { Keyring } from '../registry/keyring.ts';
import { normalAddress, recordDeparture, recordHeartbeat } from '../registry/record-heartbeat.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { executorsOfAttempts, readExecutor } from '../storage/sql/executor-queries.ts';
import { type Caller, tokenRefusal, unknownGroup } from './wire-caller.ts';
import { type Answer, fail, success } from './wire-hooks.ts';

export interface WireVerbsOptions {
  readonly keyring: Keyring;
  readonly strangersMayRegister: boolean;
}

/** Takes one message of a caller that is known, and answers when it is committed. */
export type WireVerb = (body: unknown, caller: Caller) => Promise<Answer>;

// A list is bounded by its bytes too; this bounds the work.
const LIST_MAX = 100_000;

const readRegistry = peerMessageReader(RegistrySchema);
const readManifest = messageReader(RunManifestSchema);
const readSlice = messageReader(SliceSettledSchema);

/** What executors may tell: xxl-job's verbs in the shapes of all its generations, and two of our own. */
export function createWireVerbs(ctx: SchedulerContext, options: WireVerbsOptions): Record<string, WireVerb> {
  const { keyring } = options;

  /** Also refuses, in the name of an executor that signs, whatever is not signed. */
  const mayReport = (caller: Caller) => async (executor: { appName: string; signs: boolean }) =>
    (caller.signed || !executor.signs) && (await keyring.mayActFor(caller.holder, executor.appName));

  async function refusalOfGroup(message: RegistryMessage, caller: Caller): Promise<Answer | null> {
    const { registryKey: group, registryValue } = message;
    const refuse = (why: string, msg: string) => {
      ctx.metrics.requestsRefused.add(1, { why });
      ctx.logger.warn({ group, address: registryValue.slice(0, 255), why }, 'a registration was refused');
      return fail(msg);
    };
    const words = tokenRefusal(caller.appName !== null);
    if (caller.appName !== null && caller.appName !== group) return refuse('group', words);
    if (!(await keyring.knows(group)) && !options.strangersMayRegister) {
      return refuse('group', unknownGroup(group));
    }
    if (!(await keyring.mayActFor(caller.holder, group))) return refuse('group', words);
    const address = normalAddress(registryValue);
    // Whose line it is stands in the address itself, and the token was judged for that group.
    const held = isHeldAddress(address) ? readHeldAddress(address) : null;
    if (isHeldAddress(address) && held?.group !== group) {
      return refuse('address', `invalid request, ${address} is no address of group "${group}".`);
    }
    const row = await ctx.store.read('read-executor', (db) => readExecutor(db, group, address));
    // No way back: who has the token, but not this executor's habit of signing, is somebody else. Gone, it may change.
    if (row !== null && row.signs === 1 && row.state !== 'gone' && !caller.signed) return refuse('unsigned', words);
    return null;
  }

  const registryVerb =
    (take: (message: RegistryMessage, caller: Caller) => Promise<Answer>): WireVerb =>
    async (body, caller) => {
      const read = readRegistry(body);
      if (read.kind === 'wrong') return wrong(ctx, read.why);
      const { registryGroup, registryKey, registryValue } = read.message;
      const isBlank = [registryKey, registryValue].some((text) => text.trim() === '');
      if (isBlank || registryGroup !== 'EXECUTOR') return fail('Illegal Argument.');
      const refusal = await refusalOfGroup(read.message, caller);
      if (refusal !== null) return refusal;
      const typedIn = await keyring.manualAddresses(registryKey);
      // As with xxl-job: such a group is whom a person named, and others may say what they like.
      if (typedIn !== null && !typedIn.includes(normalAddress(registryValue))) return success;
      return take(read.message, caller);
    };

  return {
    registry: registryVerb(async (message, { signed, appName }) => {
      // Only the newest generation sends the name, and it takes runs at /trigger. Ours take them at either.
      const triggerPath = appName === null || signed ? null : 'trigger';
      const verdict = await recordHeartbeat(ctx, message, { signs: signed, triggerPath });
      return verdict.kind === 'taken' ? success : fail(verdict.why);
    }),
    registryRemove: registryVerb(async (message) => {
      await recordDeparture(ctx, message);
      return success;
    }),
    async callback(body, caller) {
      const list = listIn(body, 'callbackList');
      if (list === null) return wrong(ctx, 'the body must be a list of results, or have one as "callbackList"');
      if (list.length > LIST_MAX) return wrong(ctx, `a list of ${list.length} results is too long: send parts of it`);
      const report = await acceptCallbackList(ctx, list, mayReport(caller));
      const why = describeReport(report);
      return why === null ? success : fail(why);
    },
    async 'run-manifest'(body, caller) {
      const read = readManifest(body);
      if (read.kind === 'wrong') return wrong(ctx, read.why);
      if (!(await mayTellOf([read.message.runId], caller))) return notTheirs(ctx);
      await acceptRunManifest(ctx, read.message);
      return success;
    },
    async 'slices-settled'(body, caller) {
      const list = listIn(body, 'slices');
      if (list === null || list.length > LIST_MAX) return wrong(ctx, '"slices" must be a list, and not endless');
      const slices: SliceSettled[] = [];
      for (const [at, item] of list.entries()) {
        const read = readSlice(item);
        if (read.kind === 'wrong') return wrong(ctx, `slices.${at}: ${read.why}`);
        slices.push(read.message);
      }
      if (!(await mayTellOf([...new Set(slices.map((slice) => slice.runId))], caller))) return notTheirs(ctx);
      await acceptSlicesSettled(ctx, slices);
      return success;
    },
  };

  async function mayTellOf(runIds: readonly number[], caller: Caller): Promise<boolean> {
    const judge = mayReport(caller);
    for (const runId of runIds) {
      const executors = await ctx.store.read('find-reporters', (db) => executorsOfAttempts(db, { runId }));
      // All executors of a run are of one group; one of them that signs means that its nodes are ours.
      const [any] = executors;
      if (any === undefined) continue;
      if (!(await judge({ appName: any.appName, signs: executors.some(({ signs }) => signs === 1) }))) return false;
    }
    return true;
  }
}

/** A bare list, or an object that holds it. */
function listIn(body: unknown, name: string): readonly unknown[] | null {
  if (Array.isArray(body)) return body;
  const list = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return Array.isArray(list) ? list : null;
}

function wrong(ctx: SchedulerContext, why: string): Answer {
  ctx.metrics.requestsRefused.add(1, { why: 'shape' });
  return fail(`invalid request, ${why}`);
}

function notTheirs(ctx: SchedulerContext): Answer {
  ctx.metrics.requestsRefused.add(1, { why: 'group' });
  return fail('invalid request, this run is of a group for which this token does not speak');
}
