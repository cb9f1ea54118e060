import { maskUrl } from '../../../shared/secrets.ts';
import type { CommandSpec } from './command-spec.ts';
import type { Given } from './parse-command-line.ts';

/** Options whose value must not be shown; what was typed is replaced by its environment variable. */
const SECRET: Readonly<Record<string, string>> = {
  'gateway-key': '"$DAYBREAK_GATEWAY_KEY"',
  'callback-secret': '"$DAYBREAK_CALLBACK_SECRET"',
};

/** The command as it can be typed again, without secrets. `leaveOut` names options that the next start must not have. */
export function commandText(command: CommandSpec, given: Given, leaveOut: readonly string[] = []): string {
  const words = ['daybreak', command.name, ...given.positionals.map(shellWord)];
  for (const option of command.options) {
    if (leaveOut.includes(option.name) || given.fromEnv.has(option.name)) continue;
    if (option.value === undefined) {
      if (given.switches.has(option.name)) words.push(`--${option.name}`);
      continue;
    }
    const value = given.values[option.name];
    if (value !== undefined) words.push(`--${option.name}`, SECRET[option.name] ?? shellWord(maskUrl(value)));
  }
  return words.join(' ');
}

function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
