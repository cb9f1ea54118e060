import type { CommandSpec } from './options/command-spec.ts';
import type { Given } from './options/parse-command-line.ts';
import type { Terminal } from './screen/terminal.ts';

/** What a command is called with; it does its work and says with which code the process ends. */
export interface CommandCall {
  readonly command: CommandSpec;
  readonly given: Given;
  readonly terminal: Terminal;
  readonly cwd: string;
}
