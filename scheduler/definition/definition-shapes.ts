import { type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { describeFaults, nameFaults } from '../../shared/schema-faults.ts';
import { refuseDefinition } from './refuse.ts';

// The shape of what a program hands in: names of fields, types, and words out of a list. What numbers and names may be is
// judged afterwards, field by field. A mistyped field that was passed over would be a job that runs otherwise than meant.

const shape = <T extends TProperties>(properties: T): TObject<T> =>
  Type.Object(properties, { additionalProperties: false });
const optional = (properties: TProperties): TObject =>
  shape(Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, Type.Optional(schema)])));
const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const oneOf = (...words: readonly string[]): TSchema => Type.Union(words.map((word) => Type.Literal(word)));
const texts = Type.Array(Type.String());
const textByName = Type.Record(Type.String(), Type.String());

const SCHEDULES: Readonly<Record<string, TSchema>> = {
  none: shape({ kind: Type.String() }),
  cron: shape({ kind: Type.String(), dialect: Type.String(), text: Type.String(), zone: Type.String() }),
  fixed_rate: shape({ kind: Type.String(), everyMs: Type.Number() }),
  fixed_delay: shape({ kind: Type.String(), delayMs: Type.Number() }),
  one_off: shape({ kind: Type.String(), atMs: Type.Number() }),
  parent: shape({ kind: Type.String(), jobs: texts, on: oneOf('success', 'failure', 'always') }),
};

const CUT_OFFS: Readonly<Record<string, TSchema>> = {
  none: shape({ kind: Type.String() }),
  time: shape({ kind: Type.String(), time: Type.String(), zone: Type.String() }),
  after: shape({ kind: Type.String(), afterMs: Type.Number() }),
};

const ofKind = (kinds: Readonly<Record<string, TSchema>>): TSchema =>
  Type.Object({ kind: oneOf(...Object.keys(kinds)) });

const PARAM_FIELD = shape({
  type: Type.String(),
  ...optional({
    required: Type.Boolean(),
    default: Type.Unknown(),
    oneOf: Type.Array(Type.Union([Type.String(), Type.Number()])),
    min: Type.Number(),
    max: Type.Number(),
  }).properties,
});

const TIMED: TProperties = {
  title: Type.String(),
  owner: Type.String(),
  tags: texts,
  schedule: ofKind(SCHEDULES),
  limits: optional({
    startAtMs: orNull(Type.Number()),
    endAtMs: orNull(Type.Number()),
    calendar: orNull(Type.String()),
    roll: Type.String(),
  }),
  misfire: optional({
    policy: Type.String(),
    afterMs: Type.Number(),
    max: Type.Number(),
    windowMs: Type.Number(),
    holdAfterMs: orNull(Type.Number()),
  }),
  businessDate: optional({ zone: orNull(Type.String()), offsetDays: Type.Number() }),
  enabled: Type.Boolean(),
};

const JOB = shape({
  id: Type.Number(),
  name: Type.String(),
  group: Type.String(),
  ...optional({
    ...TIMED,
    // Without one it is refused with the words that it may be.
    route: Type.String(),
    handler: Type.String(),
    labels: textByName,
    shardTotal: orNull(Type.Number()),
    param: Type.String(),
    paramFields: orNull(Type.Object({})),
    paramByShard: textByName,
    timeoutSeconds: Type.Number(),
    slowAfterSeconds: orNull(Type.Number()),
    retry: optional({
      count: Type.Number(),
      firstMs: Type.Number(),
      factor: Type.Number(),
      maxMs: Type.Number(),
      jitter: Type.Number(),
      on: texts,
    }),
    sliced: Type.Boolean(),
    onNodeLoss: oneOf('reassign', 'fail', 'auto'),
    block: Type.String(),
    parallelMax: Type.Number(),
    priority: Type.Number(),
    arrival: orNull(Type.Object({})),
    beforeRun: orNull(Type.String()),
    afterRun: orNull(Type.String()),
    enabledWhile: oneOf('always', 'chain_running'),
    tellsSettled: Type.Boolean(),
    glueType: Type.String(),
    window: orNull(shape({ from: Type.String(), to: Type.String(), timeZone: Type.String() })),
    loadGuard: orNull(optional({ roundTripP95Ms: Type.Number(), connectionWaitP95Ms: Type.Number() })),
  }).properties,
});

const ARRIVAL = shape({
  path: Type.String(),
  ...optional({
    doneMarker: orNull(Type.String()),
    stableMs: Type.Number(),
    pollMs: Type.Number(),
    lateAfterMs: orNull(Type.Number()),
  }).properties,
});

const EDGE = shape({
  from: Type.String(),
  to: Type.String(),
  ...optional({
    when: oneOf('success', 'failure', 'always'),
    milestone: oneOf('SETTLED', 'DISPATCHED'),
    graceMs: Type.Union([Type.Number(), Type.Literal('auto')]),
    orCutOff: Type.Boolean(),
    deadlineMs: Type.Number(),
    onDeadline: oneOf('alarm', 'go', 'give_up'),
  }).properties,
});

const CHAIN = shape({
  name: Type.String(),
  nodes: texts,
  edges: Type.Array(EDGE),
  ...optional({ ...TIMED, joinAny: texts, sweeps: texts, cutOff: ofKind(CUT_OFFS) }).properties,
});

/** `at`: where in the definition the value stands. */
type Reader = (value: unknown, whole: string, at?: string) => void;

function readerOf(schema: TSchema): Reader {
  const validator = Compile(schema);
  return (value, whole, at = '') => {
    if (validator.Check(value)) return;
    const faulty = { value, schema, whole: 'the definition' };
    const found = validator.Errors(value);
    const faults = nameFaults(found, faulty).map((fault) => ({
      ...fault,
      path: [at, fault.path].filter((part) => part !== '').join('.'),
    }));
    refuseDefinition(`${whole}: ${describeFaults(found, faulty)}`, { faults });
  };
}

const readersOf = (kinds: Readonly<Record<string, TSchema>>): ReadonlyMap<string, Reader> =>
  new Map(Object.entries(kinds).map(([kind, schema]) => [kind, readerOf(schema)]));

const readJobShape = readerOf(JOB);
const readArrival = readerOf(ARRIVAL);
const readParamField = readerOf(PARAM_FIELD);
const readChainShape = readerOf(CHAIN);
const readSchedule = readersOf(SCHEDULES);
const readCutOff = readersOf(CUT_OFFS);

/** What is given with its fields that are undefined left out. Throws CONFIG_INVALID with the field that is wrong. */
export function checkJobShape<T extends object>(given: T): T {
  const definition = withoutUndefined(given);
  const whole = `job ${nameOf(definition)}`;
  readJobShape(definition, whole);
  checkKind(definition, 'schedule', readSchedule, whole);
  const { arrival = null, paramFields } = definition as { arrival?: object | null; paramFields?: object | null };
  if (arrival !== null) readArrival(arrival, `${whole}, arrival`, 'arrival');
  for (const [name, field] of Object.entries(paramFields ?? {})) {
    readParamField(field, `${whole}, paramFields.${name}`, `paramFields.${name}`);
  }
  return definition;
}

/** As `checkJobShape`, for a chain. */
export function checkChainShape<T extends object>(given: T): T {
  const definition = withoutUndefined(given);
  const whole = `chain ${nameOf(definition)}`;
  readChainShape(definition, whole);
  checkKind(definition, 'schedule', readSchedule, whole);
  checkKind(definition, 'cutOff', readCutOff, whole);
  return definition;
}

function checkKind(definition: object, field: string, readers: ReadonlyMap<string, Reader>, whole: string): void {
  const part = (definition as Readonly<Record<string, unknown>>)[field] as { kind: string } | undefined;
  if (part !== undefined) {
    readers.get(part.kind)?.(part, `${whole}, ${field} of kind ${part.kind}`, field);
  }
}

function withoutUndefined<T extends object>(given: T): T {
  if (typeof given !== 'object' || given === null) refuseDefinition('a definition must be an object');
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [name, isPlain(part) ? withoutUndefined(part) : part]),
  ) as T;
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const nameOf = (definition: object): string => JSON.stringify((definition as { name?: unknown }).name ?? '');
