/** One option of a command. Parsing, `--help` and the suggestions are all made from these rows, so they cannot differ. */
export interface OptionSpec {
  readonly name: string;
  /** What stands for the value in the help, e.g. `HH:MM`; absent for a switch. */
  readonly value?: string;
  /** What it does, unit included. */
  readonly meaning: string;
  readonly default?: string;
  /** Read when the option is not given. */
  readonly env?: string;
  /** Never on the command line, where every user of the machine sees it: from its variable or the configuration file. */
  readonly secret?: true;
  /** May be given more than once. */
  readonly many?: true;
}

export type CommandName =
  | 'night'
  | 'dev'
  | 'scheduler'
  | 'executor'
  | 'gateway'
  | 'migrate'
  | 'fire'
  | 'jobs'
  | 'runs'
  | 'trigger'
  | 'logs'
  | 'kill'
  | 'apply'
  | 'export'
  | 'import'
  | 'audit'
  | 'status'
  | 'resolve';

export interface CommandSpec {
  readonly name: CommandName;
  readonly summary: string;
  readonly about: readonly string[];
  /** What stands after the command's name, e.g. `REQUEST_NO`. */
  readonly positional?: string;
  readonly options: readonly OptionSpec[];
  /** Every option may also come from a configuration file and from its variable: docs/configuration.md. */
  readonly configured?: true;
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
}
