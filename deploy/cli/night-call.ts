import type { PlanFileInspection } from '../../executor/examples/settlement/plan-file.ts';
import type { NightOptions } from './night-options.ts';
import type { Terminal } from './screen/terminal.ts';

/** What a night is started with, from the command line. */
export interface NightCall {
  readonly options: NightOptions;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly stop: AbortSignal;
  /** As typed, without secrets. */
  readonly command: string;
  /** Set when the night's row is there: what goes wrong from then on leaves a night that can be gone on with. */
  readonly phase: { begun: boolean };
}

export type RefusedFile = Extract<PlanFileInspection, { kind: 'refused' }>;
