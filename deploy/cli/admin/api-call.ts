import { secretOption } from '../cluster/read-secrets.ts';
import { schedulersOption } from '../cluster/read-settings.ts';
import { configuredCall } from '../cluster/run-service.ts';
import type { CommandCall } from '../command-call.ts';
import type { Configured } from '../options/configure.ts';
import type { Terminal } from '../screen/terminal.ts';
import { UsageError } from '../usage-error.ts';
import { type ApiClient, createApiClient } from './http-api-client.ts';

/** A command that asks /api/v1: what it was given, and whom it asks. */
export interface ApiCall {
  readonly given: Configured;
  readonly api: ApiClient;
  readonly terminal: Terminal;
  readonly cwd: string;
  readonly json: boolean;
}

/** Null: its options were only to be shown. Throws UsageError that never shows any of the key. */
export function apiCall(call: CommandCall): ApiCall | null {
  const { terminal, cwd } = call;
  const given = configuredCall(call);
  if (given === null) return null;
  const schedulers = schedulersOption(given.values);
  const apiKey = secretOption(given.values, 'api-key', cwd);
  if (apiKey === null) {
    throw new UsageError(
      'no API key is given: an administrator makes one on the page (Users and keys) or by POST /api/v1/keys; then name its file with --api-key-file FILE, or set DAYBREAK_API_KEY',
    );
  }
  if (!/^dbk_[0-9a-f]{64}$/.test(apiKey)) {
    throw new UsageError(
      'what --api-key-file or DAYBREAK_API_KEY gives is no API key, which is dbk_ and 64 digits from 0 to f',
    );
  }
  return { given, api: createApiClient({ schedulers, apiKey }), terminal, cwd, json: given.switches.has('json') };
}

/** The one word that a command needs. */
export function onePositional({ positionals }: Configured, what: string, example: string): string {
  const [word, ...more] = positionals;
  if (word === undefined || more.length > 0) throw new UsageError(`one ${what} is needed: ${example}`);
  return word;
}

export function runIdOf(text: string): number {
  const id = /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(id)) throw new UsageError(`"${text}" is no id of a run: daybreak runs lists them`);
  return id;
}
