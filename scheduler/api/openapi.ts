import { type TSchema, Type } from 'typebox';
import {
  APPNAME_HEADER,
  CallbackSchema,
  EnvelopeSchema,
  RegistrySchema,
  RunManifestSchema,
  SliceSettledSchema,
  TOKEN_HEADER,
} from '../../shared/protocol/wire.ts';
import { ADMIN_SECURITY, adminPaths } from './admin/admin-openapi.ts';
import { JobFieldsSchema, JobIdSchema, TriggerJobSchema } from './job-fields.ts';
import { EndSchema, NothingSchema, StartChainSchema, TriggerSchema, WhichSchema } from './operator-shapes.ts';

interface Operation {
  readonly summary: string;
  readonly body: TSchema;
  /** What `data` of the answer holds. */
  readonly data?: string;
  /** Programs manage the jobs of the group that they name; executors tell of their own work; operators fire, look, end. */
  readonly by: 'programs' | 'executors' | 'operators';
}

/** Every verb of the port, with the very schema that reads its body. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  addJob: {
    by: 'programs',
    summary: 'Adds a job to the group; it is saved stopped.',
    body: JobFieldsSchema,
    data: "the job's id",
  },
  updateJob: { by: 'programs', summary: 'Changes the fields that are given.', body: JobFieldsSchema },
  removeJob: { by: 'programs', summary: 'Takes a job away; what it ran stays readable.', body: JobIdSchema },
  startJob: { by: 'programs', summary: 'Lets its schedule fire from now on.', body: JobIdSchema },
  stopJob: { by: 'programs', summary: 'Fires no more by itself.', body: JobIdSchema },
  triggerJob: {
    by: 'programs',
    summary: 'Runs a job now; the same requestId is the same run.',
    body: TriggerJobSchema,
    data: "the run's id",
  },
  registry: { by: 'executors', summary: 'Registers, and says that it lives.', body: RegistrySchema },
  registryRemove: { by: 'executors', summary: 'Takes no new work.', body: RegistrySchema },
  callback: {
    by: 'executors',
    summary: 'Results of attempts; answered when they are committed.',
    body: Type.Union([Type.Array(CallbackSchema), Type.Object({ callbackList: Type.Array(CallbackSchema) })]),
  },
  'run-manifest': { by: 'executors', summary: 'What was frozen for a run.', body: RunManifestSchema },
  'slices-settled': {
    by: 'executors',
    summary: 'Slices of which nothing is open any more.',
    body: Type.Object({ slices: Type.Array(SliceSettledSchema) }),
  },
  'operator/start-chain': {
    by: 'operators',
    summary: 'Starts a chain for a business date; the same requestId is the same chain run.',
    body: StartChainSchema,
    data: '{chainRunId, created}',
  },
  'operator/trigger-job': {
    by: 'operators',
    summary: 'Runs a job now; the same requestId is the same run.',
    body: TriggerSchema,
    data: '{runId, created}',
  },
  'operator/chain-run': {
    by: 'operators',
    summary: 'Where a chain run stands: its nodes and their runs.',
    body: WhichSchema,
    data: 'the chain run',
  },
  'operator/run': { by: 'operators', summary: 'Where a run stands.', body: WhichSchema, data: 'the run' },
  'operator/status': {
    by: 'operators',
    summary: 'Executors, schedulers, what is open, and the names of jobs and chains.',
    body: NothingSchema,
    data: 'all of it',
  },
  'operator/cancel-chain-run': {
    by: 'operators',
    summary: 'Ends a chain run; its open runs are stopped.',
    body: EndSchema,
    data: '{ended}: false, it had ended before',
  },
  'operator/kill-run': {
    by: 'operators',
    summary: 'Ends a run and stops its attempts.',
    body: EndSchema,
    data: '{ended}: false, it had ended before',
  },
};

/**
 * The scheduler's port for programs in other languages, as OpenAPI 3.1. The schemas are those that read the bodies; with
 * the admin, /api/v1 is in it.
 */
export function openApiDocument({ admin }: { readonly admin: boolean } = { admin: false }): object {
  const paths = Object.entries(OPERATIONS).map(([verb, operation]) => [
    `/api/${verb}`,
    { post: describe(verb, operation) },
  ]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Daybreak scheduler',
      version: '1',
      description:
        'Every answer below /api is HTTP 200 with an envelope: code 200 is success, any other code is a refusal, and msg says why.',
    },
    paths: { ...Object.fromEntries(paths), ...(admin ? adminPaths() : {}) },
    components: {
      securitySchemes: {
        token: { type: 'apiKey', in: 'header', name: TOKEN_HEADER },
        ...(admin ? ADMIN_SECURITY : {}),
      },
      schemas: { Envelope: EnvelopeSchema },
    },
    security: [{ token: [] }],
  };
}

function describe(verb: string, { summary, body, data, by }: Operation): object {
  const group = {
    name: APPNAME_HEADER,
    in: 'header',
    required: by === 'programs',
    schema: { type: 'string' },
    description: 'The group in whose name the caller speaks; the token must be that of this group.',
  };
  const description = data === undefined ? 'An envelope.' : `An envelope; data is ${data}.`;
  return {
    operationId: verb,
    tags: [by],
    summary,
    parameters: [group],
    requestBody: { required: true, content: { 'application/json': { schema: body } } },
    responses: {
      200: { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Envelope' } } } },
    },
  };
}
