import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { SchedulerContext } from '../scheduler-context.ts';
import { createOperatorVerbs } from './operator-verbs.ts';
import type { Caller } from './wire-caller.ts';
import { envelope } from './wire-hooks.ts';

const BODY_BYTES_MAX = 262_144;

/** POST /api/operator/{verb}: for whoever has a token; each verb judges what of it is theirs. */
export function addOperatorRoutes(
  app: FastifyInstance,
  ctx: SchedulerContext,
  callerOf: (request: FastifyRequest) => Caller,
): void {
  const route = { bodyLimit: BODY_BYTES_MAX, config: { permission: 'operator' } };
  for (const [verb, take] of Object.entries(createOperatorVerbs(ctx))) {
    app.post(`/api/operator/${verb}`, route, async (request) =>
      envelope(await take(request.body ?? {}, callerOf(request))),
    );
  }
}
