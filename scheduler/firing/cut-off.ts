import { nextLocalTime } from '../../shared/business-date.ts';
import type { CutOff } from '../definition/chain-definition.ts';

/** When a chain run has to be done that was planned for this instant; null: whenever. */
export function cutOffAtMs(cutOff: CutOff, plannedAtMs: number): number | null {
  switch (cutOff.kind) {
    case 'none':
      return null;
    case 'time':
      return nextLocalTime(plannedAtMs, cutOff.time, cutOff.zone);
    case 'after':
      return plannedAtMs + cutOff.afterMs;
  }
}
