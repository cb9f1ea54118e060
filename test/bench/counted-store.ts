import type { SqlReader, SqlStore } from '../../shared/sql/sql.ts';

/** A store that counts what is sent through it, from its beginning to each `statements`. */
export function countStatements(store: SqlStore): { readonly store: SqlStore; readonly statements: number } {
  let statements = 0;
  const countedDb = <Db extends SqlReader>(db: Db): Db =>
    new Proxy(db, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          statements += 1;
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });
  const counted: SqlStore = {
    ...store,
    transaction: (name, body, how) => store.transaction(name, (tx) => body(countedDb(tx)), how),
    read: (name, body) => store.read(name, (db) => body(countedDb(db))),
  };
  return {
    store: counted,
    get statements() {
      return statements;
    },
  };
}
