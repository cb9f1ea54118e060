import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { HandlerContext } from '../handler/handler-context.ts';
import { createThrottle } from './create-throttle.ts';
import { NO_THROTTLE, type Throttle } from './throttle.ts';

/** What an attempt is held back by: what its job's definition says at the scheduler, else what the program was told. */
export function throttleOf(
  ctx: Pick<HandlerContext, 'window' | 'loadGuard'>,
  given: {
    readonly store: SqlStore;
    readonly runtime: Runtime;
    readonly otherwise?: (() => Throttle) | undefined;
  },
): Throttle {
  const { window = null, loadGuard = null } = ctx;
  if (window === null && loadGuard === null) return given.otherwise?.() ?? NO_THROTTLE;
  const { store, runtime } = given;
  return createThrottle({ store, runtime, window, loadGuard });
}
