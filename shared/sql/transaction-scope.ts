import { AsyncLocalStorage } from 'node:async_hooks';
import { DaybreakError } from '../errors.ts';

/** Knows, per store, whether the running code stands inside one of its transactions or reads. */
export interface TransactionScope {
  /** Throws NESTED_TRANSACTION inside a body of the same store. */
  assertOutside(name: string): void;
  run<T>(name: string, body: (scope: OpenScope) => Promise<T>): Promise<T>;
}

export interface OpenScope {
  /** Throws STORE_CLOSED once the body has ended: a statement that was not awaited must not reach the next one. */
  assertOpen(): void;
}

export function createTransactionScope(): TransactionScope {
  const current = new AsyncLocalStorage<{ name: string; open: boolean }>();
  return {
    assertOutside(name) {
      const outer = current.getStore();
      if (!outer?.open) return;
      throw new DaybreakError(
        'NESTED_TRANSACTION',
        `"${name}" was begun inside "${outer.name}" of the same store: use the tx that the body was given`,
        { details: { inner: name, outer: outer.name } },
      );
    },
    async run(name, body) {
      const scope = { name, open: true };
      const assertOpen = (): void => {
        if (scope.open) return;
        throw new DaybreakError(
          'STORE_CLOSED',
          `"${name}" has ended: a statement came after it; is an await missing in its body?`,
        );
      };
      try {
        return await current.run(scope, () => body({ assertOpen }));
      } finally {
        scope.open = false;
      }
    },
  };
}
