import { DatabaseSync } from 'node:sqlite';
import { createConnection, type RowDataPacket } from 'mysql2/promise';

/**
 * Copies every table of a MySQL database into a new SQLite file, names and values as they are, so that whoever judges
 * a store of nights judges both kinds with the same queries. By the driver alone, as of one moment; the database may be
 * in use. Keys and types are left behind: the file is for reading.
 */
export async function copyMysqlStore(url: string, file: string): Promise<void> {
  const connection = await createConnection({ uri: url, supportBigNumbers: true, jsonStrings: true });
  const db = new DatabaseSync(file);
  try {
    await connection.query('set session transaction isolation level repeatable read');
    await connection.query('start transaction with consistent snapshot');
    const [tables] = await connection.query<RowDataPacket[]>(
      `select table_name as name from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE'`,
    );
    for (const { name } of tables) {
      const [rows, fields] = await connection.query<RowDataPacket[][]>({
        sql: `select * from \`${name}\``,
        rowsAsArray: true,
      });
      const columns = fields.map((field) => `"${field.name}"`);
      db.exec(`create table "${name}" (${columns.join(', ')})`);
      const insert = db.prepare(`insert into "${name}" values (${columns.map(() => '?').join(', ')})`);
      db.exec('begin');
      for (const row of rows) insert.run(...row.map(sqliteValue));
      db.exec('commit');
    }
  } finally {
    db.close();
    await connection.end();
  }
}

function sqliteValue(value: unknown): string | number | null | Buffer {
  if (value === null || typeof value === 'number' || typeof value === 'string' || Buffer.isBuffer(value)) return value;
  throw new TypeError(`a value of the store is neither text, number nor bytes: ${String(value)}`);
}
