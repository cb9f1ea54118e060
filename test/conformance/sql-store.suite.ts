import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isDaybreakError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/logger.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { kyselyOf, type Migration, type SqlReader, type SqlStore } from '../../shared/sql/sql.ts';

/** What every store has to do, whichever database is below it. `open` gives a store on an empty database. */
export function describeSqlStore(name: string, open: () => Promise<SqlStore>): void {
  describe(`the SQL store on ${name}`, () => {
    let store: SqlStore;
    beforeAll(async () => {
      store = await open();
      await migrate(store, [accounts], { logger: silentLogger });
    });
    afterAll(() => store.close());
    beforeEach(async () => {
      await store.transaction('empty', async (tx) => {
        for (const table of ['account', 'note', 'journal']) await tx.run(`delete from ${table}`);
        await tx.insertRows({ table: 'account', columns: ['id', 'name', 'balance', 'state'] }, [
          [1, 'ann', 100, 'open'],
          [2, 'bob', 200, 'open'],
          [3, 'cid', 300, 'shut'],
        ]);
      });
    });

    const balance = async (id: number): Promise<number | undefined> => {
      const row = await store.read('balance', (db) =>
        db.get<{ balance: number }>('select balance from account where id = ?', [id]),
      );
      return row?.balance;
    };
    const count = (db: SqlReader, table: string): Promise<number> =>
      db.get<{ n: number }>(`select count(*) as n from ${table}`).then((row) => row?.n ?? -1);

    describe('a transaction', () => {
      test('is seen by others after it has committed', async () => {
        await store.transaction('set', (tx) => tx.run('update account set balance = 5 where id = 1'));
        expect(await balance(1)).toBe(5);
      });

      test('leaves nothing behind when its body throws, and throws what the body threw', async () => {
        const error = new Error('on purpose');
        const attempt = store.transaction('fail', async (tx) => {
          await tx.run('update account set balance = 5 where id = 1');
          throw error;
        });
        await expect(attempt).rejects.toBe(error);
        expect(await balance(1)).toBe(100);
      });

      test('goes on after a refused statement, which leaves nothing behind', async () => {
        await store.transaction('go-on', async (tx) => {
          const again = tx.insertRows({ table: 'account', columns: ['id', 'name', 'balance', 'state'] }, [
            [1, 'x', 1, 'open'],
          ]);
          await expect(again).rejects.toMatchObject({ code: 'SQL_CONFLICT' });
          await tx.run('update account set balance = 7 where id = 1');
        });
        expect(await balance(1)).toBe(7);
      });

      test('inside a transaction of the same store is refused by name', async () => {
        const nested = store.transaction('outer', () => store.transaction('inner', async () => undefined));
        await expect(nested).rejects.toMatchObject({
          code: 'NESTED_TRANSACTION',
          details: { inner: 'inner', outer: 'outer' },
        });
        const nestedRead = store.transaction('outer', () => store.read('inner', async () => undefined));
        await expect(nestedRead).rejects.toMatchObject({ code: 'NESTED_TRANSACTION' });
      });

      test('may be begun by work that was started inside another one and outlived it', async () => {
        let release: () => void = () => undefined;
        const gate = new Promise<void>((resolve) => {
          release = resolve;
        });
        let later: Promise<number> = Promise.resolve(0);
        await store.transaction('outer', async () => {
          later = gate.then(() =>
            store.transaction('later', (tx) => tx.run('update account set balance = 9 where id = 1')),
          );
        });
        release();
        expect(await later).toBe(1);
      });

      test('takes no statement after its end', async () => {
        const stolen = await store.transaction('end', async (tx) => tx);
        await expect(stolen.run('delete from account')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
        expect(await balance(1)).toBe(100);
      });

      test('knows one instant of the store, close to now', async () => {
        const [first, second] = await store.transaction('clock', async (tx) => {
          const before = tx.nowMs;
          await delay(5);
          return [before, tx.nowMs];
        });
        expect(second).toBe(first);
        expect(Number.isInteger(first)).toBe(true);
        expect(Math.abs(first - Date.now())).toBeLessThan(60_000);
      });
    });

    describe('counts', () => {
      test('count the rows that matched, changed or not', async () => {
        const counts = await store.transaction('match', async (tx) => [
          await tx.run(`update account set state = 'open' where id in (1, 2)`),
          await tx.run('update account set balance = ? where id = ?', [100, 1]),
          await tx.run('update account set balance = 0 where id = 99'),
          await tx.run('delete from account where id in (2, 3, 99)'),
        ]);
        expect(counts).toEqual([2, 1, 0, 2]);
      });

      test('prove a won race only when the WHERE excludes the state that it sets', async () => {
        const claim = (): Promise<number> =>
          store.transaction('claim', (tx) =>
            tx.run(`update account set state = 'shut' where id = 1 and state = 'open'`),
          );
        expect([await claim(), await claim()]).toEqual([1, 0]);
      });

      test('are 0 for a statement that changes no rows by its nature', async () => {
        const counts = await store.transaction('ddl', async (tx) => [
          await tx.run('update account set balance = 0'),
          await tx.run('create table extra (id int)'),
          await tx.run('drop table extra'),
        ]);
        expect(counts).toEqual([3, 0, 0]);
      });
    });

    describe('insertRows', () => {
      const spec = { table: 'account', columns: ['id', 'name', 'balance', 'state'] } as const;
      const rows = (from: number, n: number): (string | number)[][] =>
        Array.from({ length: n }, (_, i) => [from + i, `name-${from + i}`, from + i, 'open']);

      test.each([1, 99, 100, 101, 999, 1000, 1001, 2345])('puts in %i rows, each with its own values', async (n) => {
        const inserted = await store.transaction('many', (tx) => tx.insertRows(spec, rows(1000, n)));
        expect(inserted).toBe(n);
        const found = await store.read('sum', (db) =>
          db.arrays('select count(*), sum(balance), min(name) from account where id >= 1000 and balance = id'),
        );
        expect(found).toEqual([[n, (n * (2000 + n - 1)) / 2, 'name-1000']]);
      });

      test('puts in nothing for no rows', async () => {
        expect(await store.transaction('none', (tx) => tx.insertRows(spec, []))).toBe(0);
      });

      test('refuses a row of another width instead of shifting its values', async () => {
        await expect(store.transaction('wide', (tx) => tx.insertRows(spec, [[9, 'x', 1]]))).rejects.toThrow(
          /row 0 has 3 values, 4/,
        );
      });

      test.each([
        ['a single new row', [[10, 'x', 1, 'open']], 1],
        ['a single row that is there', [[1, 'x', 1, 'open']], 0],
        [
          'a row that is there among new ones',
          [
            [10, 'x', 1, 'open'],
            [1, 'y', 1, 'open'],
            [11, 'z', 1, 'open'],
          ],
          2,
        ],
        [
          'a row whose other unique key is there',
          [
            [10, 'ann', 1, 'open'],
            [11, 'new', 1, 'open'],
          ],
          1,
        ],
        [
          'the same new row twice',
          [
            [10, 'x', 1, 'open'],
            [10, 'x', 1, 'open'],
          ],
          1,
        ],
        [
          'only rows that are there with the very same values',
          [
            [1, 'ann', 100, 'open'],
            [2, 'bob', 200, 'open'],
          ],
          0,
        ],
      ])('that ignores conflicts counts what went in: %s', async (_, given, expected) => {
        const inserted = await store.transaction('ignore', (tx) =>
          tx.insertRows({ ...spec, onConflict: 'ignore' }, given),
        );
        expect(inserted).toBe(expected);
        expect(await balance(1)).toBe(100);
        expect(await store.read('count', (db) => count(db, 'account'))).toBe(3 + expected);
      });

      test('that ignores conflicts counts right over several statements', async () => {
        const inserted = await store.transaction('ignore', async (tx) => {
          await tx.insertRows(spec, rows(1500, 700));
          return tx.insertRows({ ...spec, onConflict: 'ignore' }, rows(1000, 2500));
        });
        expect(inserted).toBe(1800);
      });

      test.each([
        ['a broken check', [20, 'x', 1, 'nonsense']],
        ['a null where none may be', [20, null, 1, 'open']],
        ['a text where a number must be', [20, 'x', 'much', 'open']],
      ])('that ignores conflicts does not ignore %s', async (_, bad) => {
        const attempt = store.transaction('ignore', (tx) =>
          tx.insertRows({ ...spec, onConflict: 'ignore' }, [[19, 'good', 1, 'open'], bad]),
        );
        await expect(attempt).rejects.toMatchObject({ code: 'SQL_REFUSED' });
        expect(await store.read('count', (db) => count(db, 'account'))).toBe(3);
      });

      test('that ignores conflicts does not touch a table that may only be appended to', async () => {
        const columns = ['id', 'text'];
        const inserted = await store.transaction('append', async (tx) => {
          await tx.insertRows({ table: 'journal', columns }, [[1, 'first']]);
          return tx.insertRows({ table: 'journal', columns, onConflict: 'ignore' }, [
            [1, 'again'],
            [2, 'second'],
          ]);
        });
        expect(inserted).toBe(1);
        const rows = await store.read('journal', (db) => db.arrays('select id, text from journal order by id'));
        expect(rows).toEqual([
          [1, 'first'],
          [2, 'second'],
        ]);
        const change = store.transaction('change', (tx) => tx.run(`update journal set text = 'x' where id = 1`));
        await expect(change).rejects.toMatchObject({ code: 'SQL_REFUSED' });
      });
    });

    describe('updateRows', () => {
      test('gives each row its own values where the guard holds, and counts those', async () => {
        const matched = await store.transaction('update', (tx) =>
          tx.updateRows(
            {
              table: 'account',
              key: ['id'],
              set: ['balance', 'name'],
              guard: 'state = ? and balance < 1000',
              guardParams: ['open'],
            },
            [
              [1, 11, 'ann2'],
              [2, 22, 'bob'],
              [3, 33, 'cid2'],
              [99, 1, 'nobody'],
            ],
          ),
        );
        expect(matched).toBe(2);
        const rows = await store.read('rows', (db) => db.arrays('select id, balance, name from account order by id'));
        expect(rows).toEqual([
          [1, 11, 'ann2'],
          [2, 22, 'bob'],
          [3, 300, 'cid'],
        ]);
      });

      test('counts rows that match although their values stay the same', async () => {
        const matched = await store.transaction('same', (tx) =>
          tx.updateRows({ table: 'account', key: ['id', 'name'], set: ['balance'] }, [
            [1, 'ann', 100],
            [2, 'bob', 200],
          ]),
        );
        expect(matched).toBe(2);
      });

      test('takes nulls, texts and numbers in any row, and more rows than one statement holds', async () => {
        const n = 2300;
        const matched = await store.transaction('many', async (tx) => {
          const ids = Array.from({ length: n }, (_, i) => i + 1);
          await tx.insertRows(
            { table: 'note', columns: ['id', 'text', 'amount'] },
            ids.map((id) => [id, '', 0]),
          );
          return tx.updateRows(
            { table: 'note', key: ['id'], set: ['text', 'amount'] },
            ids.map((id) => [
              id,
              id % 3 === 0 ? `long text number ${id}` : null,
              id % 2 === 0 ? id * 1_000_000_007 : null,
            ]),
          );
        });
        expect(matched).toBe(n);
        const rows = await store.read('rows', (db) =>
          db.arrays('select id, text, amount from note where id in (1, 2, 6, 2298) order by id'),
        );
        expect(rows).toEqual([
          [1, null, null],
          [2, null, 2_000_000_014],
          [6, 'long text number 6', 6_000_000_042],
          [2298, 'long text number 2298', 2_298_000_016_086],
        ]);
      });

      test('gives many rows the same values, and only those that the guard lets through', async () => {
        const ids = Array.from({ length: 250 }, (_, i) => i + 1);
        const matched = await store.transaction('alike', async (tx) => {
          await tx.insertRows(
            { table: 'note', columns: ['id', 'text', 'amount'] },
            ids.map((id) => [id, id % 10 === 0 ? 'kept' : 'open', 0]),
          );
          return tx.updateRows(
            { table: 'note', key: ['id'], set: ['text', 'amount'], guard: 'text = ?', guardParams: ['open'] },
            [...ids, 999].map((id) => [id, 'paid', 7]),
          );
        });
        expect(matched).toBe(225);
        const rows = await store.read('rows', (db) =>
          db.arrays('select text, amount, count(*) from note group by text, amount order by text'),
        );
        expect(rows).toEqual([
          ['kept', 0, 25],
          ['paid', 7, 225],
        ]);
      });

      test('matches texts byte by byte', async () => {
        const matched = await store.transaction('case', (tx) =>
          tx.updateRows({ table: 'account', key: ['name'], set: ['balance'] }, [
            ['ANN', 1],
            ['ann ', 1],
            ['ann', 1],
          ]),
        );
        expect(matched).toBe(1);
      });
    });

    describe('deleteRows', () => {
      test('deletes those that the keys name, whole keys only, and counts those that were there', async () => {
        const deleted = await store.transaction('delete', (tx) =>
          tx.deleteRows({ table: 'account', key: ['id', 'name'] }, [
            [1, 'ann'],
            [2, 'cid'],
            [99, 'nobody'],
          ]),
        );
        expect(deleted).toBe(1);
        const rows = await store.read('rows', (db) => db.arrays('select id from account order by id'));
        expect(rows).toEqual([[2], [3]]);
      });

      test('takes more keys than one statement holds', async () => {
        const ids = Array.from({ length: 2_300 }, (_, i) => i + 1);
        const deleted = await store.transaction('many', async (tx) => {
          await tx.insertRows(
            { table: 'note', columns: ['id', 'text', 'amount'] },
            ids.map((id) => [id, '', 0]),
          );
          return tx.deleteRows(
            { table: 'note', key: ['id'] },
            ids.slice(1).map((id) => [id]),
          );
        });
        expect(deleted).toBe(2_299);
        expect(await store.read('left', (db) => db.arrays('select id from note'))).toEqual([[1]]);
      });

      test('waits for nobody who has other rows', async () => {
        if (store.dialect === 'sqlite') return;
        const ids = Array.from({ length: 300 }, (_, i) => i + 1);
        await store.transaction('fill', (tx) =>
          tx.insertRows(
            { table: 'note', columns: ['id', 'text', 'amount'] },
            ids.map((id) => [id, '', 0]),
          ),
        );
        const held = Promise.withResolvers<void>();
        const done = Promise.withResolvers<void>();
        const holding = store.transaction('hold', async (tx) => {
          await tx.run('update note set amount = 1 where id = 150');
          held.resolve();
          await done.promise;
        });
        await held.promise;
        // Nearly all of the table: by a list of keys, the server would rather walk it.
        const others = ids.filter((id) => id !== 150).map((id) => [id]);
        const deleted = await store
          .transaction('beside', (tx) => tx.deleteRows({ table: 'note', key: ['id'] }, others))
          .finally(done.resolve);
        expect(deleted).toBe(299);
        await holding;
      });
    });

    describe('values', () => {
      const put = (
        text: string | null,
        amount: number | bigint | null,
        raw: Uint8Array | null = null,
      ): Promise<number> =>
        store.transaction('put', (tx) =>
          tx.run('insert into note (id, text, amount, raw) values (1, ?, ?, ?)', [text, amount, raw]),
        );
      const taken = () =>
        store.read('take', (db) => db.get<{ text: string; amount: number; raw: Uint8Array }>('select * from note'));

      test.each([
        0,
        -1,
        99_999_999_999,
        Number.MAX_SAFE_INTEGER,
        Number.MIN_SAFE_INTEGER,
      ])('keep the integer %i', async (amount) => {
        await put('', amount);
        expect((await taken())?.amount).toBe(amount);
      });

      test('over 2^53 are an error and never rounded, in columns and in sums', async () => {
        await put('', 9_007_199_254_740_993n);
        await expect(taken()).rejects.toThrow(/9007199254740993/);
        await expect(store.read('arrays', (db) => db.arrays('select amount from note'))).rejects.toThrow(
          /9007199254740993/,
        );
        const text = await store.read('char', (db) =>
          db.get<{ a: string }>('select cast(amount as char) as a from note'),
        );
        expect(text?.a).toBe('9007199254740993');
        const sum = await store.read('sum', (db) =>
          db.get<{ s: string }>('select cast(sum(amount) as char) as s from note'),
        );
        expect(sum?.s).toBe('9007199254740993');
        await expect(store.read('sum', (db) => db.get('select sum(amount) as s from note'))).rejects.toThrow(
          /9007199254740993/,
        );
      });

      test('summed are numbers where they fit', async () => {
        const row = await store.read('sum', (db) =>
          db.get('select sum(balance) as s, count(*) as n, max(balance) as m from account'),
        );
        expect({ ...row }).toEqual({ s: 600, n: 3, m: 300 });
      });

      test.each([
        "it's",
        'back\\slash',
        'a"b`c',
        '中文😀',
        'line\nbreak',
        '%_',
        ' lead and trail ',
        "'; drop table account; --",
        '?',
        'null',
      ])('keep the text %j', async (text) => {
        await put(text, 1);
        expect((await taken())?.text).toBe(text);
        const found = await store.read('find', (db) =>
          db.get<{ n: number }>('select count(*) as n from note where text = ?', [text]),
        );
        expect(found?.n).toBe(1);
      });

      test('compare texts byte by byte: case, accents and trailing spaces matter', async () => {
        await put('Résumé', 1);
        const same = await store.read('find', async (db) => {
          const hits: number[] = [];
          for (const text of ['Résumé', 'résumé', 'Resume', 'Résumé ']) {
            hits.push((await db.get<{ n: number }>('select count(*) as n from note where text = ?', [text]))?.n ?? -1);
          }
          return hits;
        });
        expect(same).toEqual([1, 0, 0, 0]);
      });

      test('keep bytes', async () => {
        const raw = Uint8Array.from({ length: 256 }, (_, i) => i);
        await put('', 1, raw);
        expect(Buffer.from((await taken())?.raw ?? []).equals(Buffer.from(raw))).toBe(true);
      });

      test('keep nulls', async () => {
        await put(null, null);
        expect(await taken()).toMatchObject({ text: null, amount: null, raw: null });
      });

      test('that no column can hold are refused', async () => {
        const undefinedValue = [undefined] as unknown as number[];
        await expect(
          store.transaction('bad', (tx) => tx.run('insert into note (id) values (?)', undefinedValue)),
        ).rejects.toThrow();
      });
    });

    describe('ids', () => {
      test('are given upwards and never twice, not even after a delete', async () => {
        const insert = (): Promise<number> =>
          store.transaction('insert', (tx) => tx.insertReturningId(`insert into counter (word) values ('x')`));
        const first = await insert();
        const second = await insert();
        await store.transaction('delete', (tx) => tx.run('delete from counter where id = ?', [second]));
        const third = await insert();
        expect(second).toBeGreaterThan(first);
        expect(third).toBeGreaterThan(second);
      });
    });

    describe('names and operators', () => {
      test('in double quotes are names, and || joins texts, on every dialect', async () => {
        const row = await store.read('words', (db) =>
          db.get(`select "name" || '-' || state as "key" from account where "id" = 1`),
        );
        expect({ ...row }).toEqual({ key: 'ann-open' });
      });
    });

    describe('a read', () => {
      test('gives objects, the first row or null, and arrays in the order of columns', async () => {
        await store.read('shapes', async (db) => {
          expect(
            (await db.all('select id, name from account where id < 3 order by id')).map((row) => ({ ...row })),
          ).toEqual([
            { id: 1, name: 'ann' },
            { id: 2, name: 'bob' },
          ]);
          expect({ ...(await db.get('select name from account where id = ?', [3])) }).toEqual({ name: 'cid' });
          expect(await db.get('select name from account where id = ?', [4])).toBeNull();
          expect(await db.arrays('select name, id from account where id = ?', [2])).toEqual([['bob', 2]]);
        });
      });

      test('refuses to change anything', async () => {
        const attempt = store.read('change', (db) => db.all('delete from account'));
        await expect(attempt).rejects.toMatchObject({ code: 'BAD_INPUT' });
        expect(await balance(1)).toBe(100);
      });
    });

    describe('kysely', () => {
      interface Schema {
        account: { id: number; name: string; balance: number; state: string };
      }
      test('runs inside the transaction and is undone with it', async () => {
        const attempt = store.transaction('kysely', async (tx) => {
          const db = kyselyOf<Schema>(tx);
          const updated = await db
            .updateTable('account')
            .set({ balance: 1 })
            .where('state', '=', 'open')
            .executeTakeFirst();
          expect(updated.numUpdatedRows).toBe(2n);
          expect(await db.selectFrom('account').select('balance').where('id', '=', 1).executeTakeFirst()).toMatchObject(
            { balance: 1 },
          );
          throw new Error('undo');
        });
        await expect(attempt).rejects.toThrow('undo');
        const left = await store.read('kysely', (db) =>
          kyselyOf<Schema>(db).selectFrom('account').select(['id', 'balance']).where('id', '=', 1).execute(),
        );
        expect(left.map((row) => ({ ...row }))).toEqual([{ id: 1, balance: 100 }]);
      });

      test('may not begin a transaction of its own', async () => {
        const attempt = store.transaction('outer', (tx) =>
          kyselyOf<Schema>(tx)
            .transaction()
            .execute(async () => undefined),
        );
        await expect(attempt).rejects.toMatchObject({ code: 'NESTED_TRANSACTION' });
      });
    });

    describe('many at once', () => {
      test('add up: no update is lost', async () => {
        await Promise.all(
          Array.from({ length: 40 }, () =>
            store.transaction('add', async (tx) => {
              const row = await tx.get<{ balance: number }>(`select balance from account where id = 1${tx.forUpdate}`);
              await tx.run('update account set balance = ? where id = 1', [(row?.balance ?? 0) + 1]);
            }),
          ),
        );
        expect(await balance(1)).toBe(140);
      });

      test('an urgent one is not kept waiting by the others', async () => {
        const order: string[] = [];
        const slow = Array.from({ length: 30 }, (_, i) =>
          store.transaction('slow', async (tx) => {
            await tx.get(`select balance from account where id = 2${tx.forUpdate}`);
            await delay(2);
            order.push(`slow ${i}`);
          }),
        );
        await store.transaction('urgent', async () => void order.push('urgent'), { urgent: true });
        expect(order.length).toBeLessThan(30);
        await Promise.all(slow);
      });
    });

    describe('picking', () => {
      test('by several at once gives each row to one of them, and leaves none', async () => {
        await store.transaction('many', (tx) =>
          tx.insertRows(
            { table: 'account', columns: ['id', 'name', 'balance', 'state'] },
            Array.from({ length: 60 }, (_, i) => [100 + i, `name-${i}`, 0, 'open']),
          ),
        );
        const pick = (): Promise<number[]> =>
          store.transaction('pick', async (tx) => {
            const rows = await tx.arrays(
              `select id from account where state = 'open' and id >= 100 order by id limit 4${tx.forUpdateSkipLocked}`,
            );
            const ids = rows.map(([id]) => Number(id));
            for (const id of ids) {
              const won = await tx.run(`update account set state = 'shut' where id = ? and state = 'open'`, [id]);
              expect(won).toBe(1);
            }
            return ids;
          });
        const worker = async (): Promise<number[]> => {
          const mine: number[] = [];
          // An empty pick is no proof that nothing is left (trap T5): what others hold is not seen.
          for (let empty = 0; empty < 20; ) {
            const ids = await pick();
            mine.push(...ids);
            if (ids.length > 0) continue;
            empty += 1;
            await delay(2);
          }
          return mine;
        };
        const picked = (await Promise.all([1, 2, 3].map(worker))).flat().sort((a, b) => a - b);
        expect(picked).toEqual(Array.from({ length: 60 }, (_, i) => 100 + i));
      });
    });

    describe('figures', () => {
      test('count transactions by how they ended, and measure their round trips and waits', async () => {
        const before = store.figures();
        for (let i = 0; i < 10; i++) await store.transaction('count', async () => undefined);
        await store
          .transaction('fail', async () => {
            throw new Error('on purpose');
          })
          .catch(() => undefined);
        const after = store.figures();
        expect(after.transactions.committed - before.transactions.committed).toBe(10);
        expect(after.transactions.rolled_back - before.transactions.rolled_back).toBe(1);
        expect(after.roundTrip.count).toBeGreaterThanOrEqual(20);
        expect(after.connectionWait.count).toBeGreaterThanOrEqual(11);
        const { p50Ms, p95Ms, p99Ms, maxMs } = after.roundTrip;
        expect([p50Ms, p95Ms, p99Ms, maxMs]).toEqual([p50Ms, p95Ms, p99Ms, maxMs].toSorted((a, b) => a - b));
      });

      test('know the clock of the store, and who is at work', async () => {
        const { clock } = await store.transaction('clock', async () => store.figures());
        expect(Math.abs(clock?.skewMs ?? Number.NaN)).toBeLessThan(60_000);
        const { total, inUse } = await store.transaction('work', async () => store.figures().connections);
        expect(inUse).toBeGreaterThanOrEqual(1);
        expect(total).toBeGreaterThanOrEqual(inUse);
        expect(store.health()).toEqual({ isWritable: true, why: null });
      });
    });

    describe('errors', () => {
      test('tell a table that is not there from whatever else is wrong with a statement', async () => {
        const read = (text: string) => store.read('bad', (db) => db.all(text));
        await expect(read('select id from nowhere')).rejects.toMatchObject({ code: 'SQL_NO_TABLE' });
        await expect(read('select nothing from account')).rejects.toMatchObject({ code: 'SQL_FAILED' });
        await expect(read('select id form account')).rejects.toMatchObject({ code: 'SQL_FAILED' });
      });

      test('name the statement but not its values', async () => {
        const attempt = store.transaction('bad', (tx) => tx.run('update nowhere set secret = ?', ['hunter2']));
        await expect(attempt).rejects.toSatisfy(
          (error) =>
            isDaybreakError(error, 'SQL_NO_TABLE') &&
            error.message.includes('nowhere') &&
            !error.message.includes('hunter2'),
        );
      });
    });
  });
}

const accounts: Migration = {
  id: '0001-accounts',
  statements: (w) => [
    `create table account (
      id ${w.bigint} not null primary key,
      name ${w.text(64)} not null unique,
      balance ${w.bigint} not null,
      state ${w.text(8)} not null default 'open' check (state in ('open', 'shut'))
    )${w.table}`,
    `create table note (
      id ${w.bigint} not null primary key,
      text ${w.longText},
      amount ${w.bigint},
      raw ${w.blob}
    )${w.clustered}`,
    `create table counter (id ${w.autoId}, word ${w.text(8)})${w.table}`,
    `create table journal (id ${w.int} not null primary key, text ${w.text(32)} not null)${w.clustered}`,
    w.dialect === 'sqlite'
      ? `create trigger journal_fixed before update on journal begin select raise(abort, 'append-only'); end`
      : `create trigger journal_fixed before update on journal for each row signal sqlstate '45000' set message_text = 'append-only'`,
  ],
};
