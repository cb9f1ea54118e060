// A program that shares the database: one short read and one short write, again and again, each timed. Prints its 95th
// percentile in milliseconds, and how many it made, when its time is over. Arguments: url, seconds.
import { createConnection } from 'mysql2/promise';

const [url = '', seconds = '10'] = process.argv.slice(2);
const connection = await createConnection(url);
await connection.query('create table if not exists neighbour (id int primary key, n bigint not null) engine=innodb');
await connection.query('insert ignore into neighbour (id, n) values (1, 0), (2, 0), (3, 0), (4, 0)');
const took: number[] = [];
const endMs = performance.now() + Number(seconds) * 1000;
// The first seconds are those in which the one that is to give way still finds out.
const countFromMs = endMs - Number(seconds) * 600;
for (let i = 0; performance.now() < endMs; i++) {
  const startMs = performance.now();
  await connection.query('select n from neighbour where id = ?', [(i % 4) + 1]);
  await connection.query('update neighbour set n = n + 1 where id = ?', [(i % 4) + 1]);
  if (startMs > countFromMs) took.push(performance.now() - startMs);
  await new Promise((done) => setTimeout(done, 5));
}
await connection.end();
took.sort((a, b) => a - b);
process.stdout.write(JSON.stringify({ p95Ms: took[Math.ceil(took.length * 0.95) - 1] ?? 0, count: took.length }));
