import type { DefinitionChange } from '../../../scheduler/api/admin/contract/definition-routes.ts';
import { inert } from '../screen/table.ts';
import type { Terminal } from '../screen/terminal.ts';

const VALUE_MAX = 160;

/** What a file would do, one thing after the other, field by field. */
export function showChanges(terminal: Pick<Terminal, 'say' | 'style'>, changes: readonly DefinitionChange[]): void {
  for (const { kind, name, action, differences } of changes) {
    const isNew = action === 'create';
    terminal.say(terminal.style(isNew ? 'green' : 'yellow', `${isNew ? '+' : '~'} ${kind} ${inert(name)}`));
    for (const { path, before, after } of differences) {
      terminal.say(`    ${inert(path)}: ${isNew ? '' : `${value(before)} -> `}${value(after)}`);
    }
  }
}

/** `2 new, 1 changed`. */
export function countInWords(changes: readonly DefinitionChange[]): string {
  const made = changes.filter(({ action }) => action === 'create').length;
  return [made > 0 ? `${made} new` : '', changes.length > made ? `${changes.length - made} changed` : '']
    .filter((part) => part !== '')
    .join(', ');
}

function value(given: unknown): string {
  const text = inert(given === undefined || given === null ? 'none' : JSON.stringify(given));
  return text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX)}...`;
}
