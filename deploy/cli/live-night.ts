import type { MoneyEngine } from '../../executor/downstream/money-engine.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';

/** What of the night is up just now: `daybreak status` and `resolve` ask it, the closing steps leave it. */
export interface LiveNight {
  scheduler: Scheduler | null;
  engine: MoneyEngine | null;
  chainRunId: number | null;
}
