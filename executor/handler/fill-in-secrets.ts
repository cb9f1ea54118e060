import { DaybreakError } from '../../shared/errors.ts';
import { placeSecrets } from '../../shared/protocol/param-secrets.ts';
import type { Attempt } from './attempt.ts';
import type { Secrets } from './secrets.ts';

/** What a handler is about to get, and what is to be masked wherever it leaves the node. */
export interface FilledAttempt {
  readonly attempt: Attempt;
  readonly values: readonly string[];
}

/**
 * Puts the secrets that a parameter names into it. The last step before the handler: until here, and in every table, an
 * attempt has their names. Throws SECRET_UNAVAILABLE.
 */
export async function fillInSecrets(attempt: Attempt, secrets: Secrets | null): Promise<FilledAttempt> {
  const places = attempt.secrets ?? [];
  if (places.length === 0) return { attempt, values: [] };
  const values: Record<string, string> = {};
  for (const { name } of places) {
    if (secrets === null) throw new DaybreakError('SECRET_UNAVAILABLE', `nobody here has the secret "${name}"`);
    values[name] ??= await secrets.read(name, attempt.handler);
  }
  const param = placeSecrets(attempt.param, places, values);
  if (param === null) {
    throw new DaybreakError(
      'SECRET_UNAVAILABLE',
      'the request says where secrets belong, and its parameter has none there',
    );
  }
  // A script gets its parameter as an argument, which anybody on the machine can read: its secrets are in its environment.
  const filled = attempt.script ? attempt.param : param;
  return { attempt: { ...attempt, param: filled, secretValues: values }, values: Object.values(values) };
}
