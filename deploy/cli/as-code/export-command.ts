import { stringify } from 'yaml';
import type { DefinitionFile } from '../../../scheduler/api/admin/contract/definition-routes.ts';
import { apiCall } from '../admin/api-call.ts';
import type { CommandCall } from '../command-call.ts';
import { UsageError } from '../usage-error.ts';

/** `daybreak export`: what a scheduler has, as `daybreak apply` reads it. */
export async function runExportCommand(call: CommandCall): Promise<number> {
  const asked = apiCall(call);
  if (asked === null) return 0;
  const { given, api, terminal, json } = asked;
  if (given.positionals.length > 0)
    throw new UsageError('daybreak export writes to standard output: daybreak export > FILE');
  const definitions = await api.ask('GET /definitions');
  if (definitions.people === undefined) {
    terminal.warn('daybreak: people are not in it: only the key of an administrator sees them');
  }
  terminal.document((json ? JSON.stringify(definitions, null, 2) : asYaml(definitions)).trimEnd());
  return 0;
}

/** Sections in the order in which they lean on each other, an empty line between them. */
export function asYaml({ groups = [], calendars = [], jobs = [], chains = [], people = [] }: DefinitionFile): string {
  const sections = Object.entries({ groups, calendars, jobs, chains, people }).filter(([, list]) => list.length > 0);
  if (sections.length === 0) return '{}\n';
  // Long texts stay on one line: a fold that somebody edits is easily another text.
  return sections.map(([name, list]) => stringify({ [name]: list }, { lineWidth: 0 })).join('\n');
}
