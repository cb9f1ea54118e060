import { DaybreakError } from '../../shared/errors.ts';
import type { NamedFault } from '../../shared/schema-faults.ts';

/** Refuses a definition: the field, and what it must be. */
export type Refuse = (field: string, why: string) => void;

/** `field`: which part of the definition it is, for those who show each part by itself; `faults`: all that were found. */
export function refuseDefinition(
  message: string,
  field?: { readonly path: string; readonly why: string } | { readonly faults: readonly NamedFault[] },
): never {
  throw new DaybreakError('CONFIG_INVALID', message, { details: { ...field } });
}

export function refuseDoubles(what: string, values: readonly string[]): void {
  const double = values.find((value, at) => values.indexOf(value) !== at);
  if (double !== undefined) refuseDefinition(`${what} "${double}" is there twice`);
}

/** What jobs, chains and groups are called: it stands in URLs, file names and metrics. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
