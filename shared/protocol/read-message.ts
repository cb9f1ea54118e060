import type { Static, TObject } from 'typebox';
import { Compile } from 'typebox/compile';

export type ReadMessage<T> =
  | { readonly kind: 'message'; readonly message: T }
  | { readonly kind: 'wrong'; readonly why: string };
export type MessageReader<Schema extends TObject> = (value: unknown) => ReadMessage<Static<Schema>>;

/** Reads one message of our own nodes. What is null is not there; unknown fields stand aside; `why` names the field. */
export function messageReader<Schema extends TObject>(schema: Schema): MessageReader<Schema> {
  return readerOf(schema, {});
}

/**
 * Reads one message of xxl-job as its own peers do: they leave out nulls, and a number that is not there is 0, a text
 * that is not there is empty. What is there must have its type all the same.
 * @example
 * const readKill = peerMessageReader(KillSchema);
 * readKill({ logId: null }); // { kind: 'message', message: { jobId: 0 } }
 */
export function peerMessageReader<Schema extends TObject>(schema: Schema): MessageReader<Schema> {
  const required = new Set<string>((schema as { required?: readonly string[] }).required ?? []);
  const defaults: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const { type } = property as { readonly type?: string };
    if (!required.has(name)) continue;
    if (type === 'integer') defaults[name] = 0;
    if (type === 'string') defaults[name] = '';
  }
  return readerOf(schema, defaults);
}

function readerOf<Schema extends TObject>(
  schema: Schema,
  defaults: Readonly<Record<string, unknown>>,
): MessageReader<Schema> {
  const validator = Compile(schema);
  return (value) => {
    const there = withoutNulls(value);
    const message = isRecord(there) ? { ...defaults, ...there } : there;
    if (validator.Check(message)) return { kind: 'message', message: message as Static<Schema> };
    return { kind: 'wrong', why: faultOf(validator.Errors(message)) };
  };
}

interface SchemaFault {
  readonly instancePath: string;
  readonly message: string;
  readonly params?: object;
}

/** `"logId" must be integer`. */
export function faultOf(faults: readonly SchemaFault[]): string {
  const first = faults[0];
  const missing = (first?.params as { requiredProperties?: readonly string[] } | undefined)?.requiredProperties?.[0];
  const path = [...(first?.instancePath.split('/').slice(1) ?? []), ...(missing === undefined ? [] : [missing])];
  const field = path.length === 0 ? 'the body' : `"${path.join('.')}"`;
  return missing === undefined ? `${field} ${first?.message ?? 'has the wrong shape'}` : `${field} is missing`;
}

function withoutNulls(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const there = Object.entries(value).filter(([, part]) => part !== null);
  return Object.fromEntries(there.map(([name, part]) => [name, withoutNulls(part)]));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
