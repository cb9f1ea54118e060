import type { Static, TObject } from 'typebox';
import type { Logger } from '../../shared/logger.ts';
import { InspectSchema } from '../../shared/protocol/inspect.ts';
import { peerMessageReader } from '../../shared/protocol/read-message.ts';
import {
  CODE_SUCCESS,
  type Envelope,
  IdleBeatSchema,
  KillSchema,
  LogRequestSchema,
  type RunRequest,
  RunRequestSchema,
  RunsSchema,
} from '../../shared/protocol/wire.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { ScriptRunner } from '../handler/builtin/script-runner.ts';
import type { HandlerRegistry } from '../handler/handler-registry.ts';
import { type Inspections, inspect } from '../inspect/inspections.ts';
import { answerLog } from './answer-log.ts';
import { blockStrategyOf } from './block-strategy.ts';
import { fail, type VerbRoute } from './http-node-server.ts';
import { readRunRequest, refuseRunRequest } from './read-run-request.ts';
import type { RunLogs } from './run-logs.ts';
import type { AttemptOrder, Reply, Slots } from './slots.ts';

export interface TriggerRoutesOptions {
  readonly slots: Slots;
  readonly handlers: HandlerRegistry;
  readonly scripts: ScriptRunner | null;
  readonly runLogs: RunLogs;
  readonly store: SqlStore;
  readonly timeZone: string;
  readonly inspections: Inspections;
  readonly logger: Logger;
}

/** What a scheduler may ask of an executor. The paths are matched exactly. */
export function createTriggerRoutes(options: TriggerRoutesOptions): Record<string, VerbRoute> {
  const { slots, handlers } = options;

  /** What is asked for, or why it cannot be taken. */
  function orderOf(request: RunRequest): AttemptOrder | Envelope {
    const refusal = refuseRunRequest(request, options.scripts?.types);
    if (refusal !== null) return fail(refusal);
    const attempt = readRunRequest(request, options.timeZone);
    if (!attempt.script && !handlers.has(attempt.handler)) return fail(`job handler [${attempt.handler}] not found.`);
    return { attempt, strategy: blockStrategyOf(request.executorBlockStrategy) };
  }

  async function takeAll(bodies: readonly unknown[]): Promise<Envelope[]> {
    const read = bodies.map((body) => {
      const asked = readRun(body);
      return asked.kind === 'message' ? orderOf(asked.message) : fail(`request error: ${asked.why}`);
    });
    const replies = await slots.accept(read.filter(isOrder));
    let next = 0;
    return read.map((one) => (isOrder(one) ? envelopeOf(replies[next++] as Reply) : one));
  }

  const run = checked(RunRequestSchema, async (request) => (await takeAll([request]))[0] as Envelope);

  return {
    '/beat': async () => ok(),
    '/idleBeat': checked(IdleBeatSchema, async ({ jobId }) =>
      slots.isIdle(jobId) ? ok() : fail('job thread is running or has trigger queue.'),
    ),
    // One behaviour under the name of every generation.
    '/run': run,
    '/trigger': run,
    '/runs': checked(RunsSchema, async ({ requests }) => ok(await takeAll(requests))),
    '/kill': checked(KillSchema, async (which) => (slots.kill(which) > 0 ? ok() : alreadyKilled())),
    '/inspect': checked(InspectSchema, async (question) =>
      ok(await inspect(options.inspections, question, options.logger)),
    ),
    '/log': checked(LogRequestSchema, async (request) => ok(await answerLog(options, request))),
  };
}

const readRun = peerMessageReader(RunRequestSchema);
const isOrder = (one: AttemptOrder | Envelope): one is AttemptOrder => 'attempt' in one;
const envelopeOf = ({ code, message, busy }: Reply): Envelope => {
  if (code === CODE_SUCCESS) return ok();
  return { ...fail(message), ...(busy === true ? { busy } : {}) };
};

/** Parses the body at the border, as tolerant as its Java peers are; behind it the type is trusted. */
function checked<S extends TObject>(schema: S, handle: (body: Static<S>) => Promise<Envelope>): VerbRoute {
  const read = peerMessageReader(schema);
  return async (body) => {
    if (body === null) return fail('invalid request, requestBody empty.');
    const asked = read(body);
    return asked.kind === 'message' ? await handle(asked.message) : fail(`request error: ${asked.why}`);
  };
}

/** `content` for peers of generations B and C, `data` for D and E. */
function ok(data?: unknown): Envelope {
  return { code: CODE_SUCCESS, msg: 'Success', ...(data === undefined ? {} : { data, content: data }) };
}

/** B and C look for these words in `msg`, D and E in `data`. */
function alreadyKilled(): Envelope {
  const words = 'job thread already killed.';
  return { code: CODE_SUCCESS, msg: words, data: words, content: words };
}
