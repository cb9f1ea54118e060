import { Type } from 'typebox';

/** The bodies of the operator verbs; docs/api.md and /openapi.json are made from them. */
const Id = Type.Integer({ minimum: 1 });
const Name = Type.String({ minLength: 1, maxLength: 64 });
const By = Type.String({ minLength: 1, maxLength: 64, description: 'who asks, for the record' });
const Reason = Type.String({ minLength: 1, maxLength: 200 });
const BusinessDate = Type.Optional(
  Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'default: today in the zone of the chain or job' }),
);
const RequestId = Type.String({ minLength: 1, maxLength: 128, description: 'the same one again is the same run' });
const Param = Type.Optional(Type.String({ maxLength: 65_536, description: "default: each job's own parameter" }));

export const StartChainSchema = Type.Object({
  chain: Name,
  businessDate: BusinessDate,
  param: Param,
  requestId: RequestId,
  cutOffAfterMs: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 31_536_000_000, description: "from now on; default: the chain's own cut-off" }),
  ),
  fromNode: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: 'starts here, behind an earlier run' }),
  ),
  rerunOf: Type.Optional(Type.Integer({ minimum: 1, description: 'the chain run that it takes over from' })),
  by: By,
});
export const TriggerSchema = Type.Object({
  job: Name,
  businessDate: BusinessDate,
  param: Param,
  requestId: RequestId,
  by: By,
});
export const WhichSchema = Type.Object({ id: Id });
export const EndSchema = Type.Object({ id: Id, by: By, reason: Reason });
export const NothingSchema = Type.Object({});
