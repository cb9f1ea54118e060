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
}

export interface CommandSpec {
  readonly name: 'night' | 'dev' | 'status' | 'resolve';
  readonly summary: string;
  readonly about: readonly string[];
  /** What stands after the command's name, e.g. `REQUEST_NO`. */
  readonly positional?: string;
  readonly options: readonly OptionSpec[];
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
}
