import type { JsonValue } from './handler-context.ts';

/** A result as it came over the wire: JSON text of one of ours; what a foreign peer wrote that is none stands as it is. */
export function parseResult(text: string | undefined): JsonValue {
  if (text === undefined) return null;
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
