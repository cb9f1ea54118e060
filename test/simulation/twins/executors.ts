import { recordDeparture, recordHeartbeat } from '../../../scheduler/registry/record-heartbeat.ts';
import { pick } from './draw-work.ts';
import { forEachTwin, type Pair } from './pair.ts';

const EXECUTORS = [
  { port: 9001, group: 'orders', labels: { zone: 'north' }, peer: false },
  { port: 9002, group: 'orders', labels: {}, peer: false },
  { port: 9003, group: 'orders', labels: { zone: 'north' }, peer: true },
  { port: 9004, group: 'parcels', labels: {}, peer: false },
  { port: 9005, group: 'parcels', labels: { zone: 'north' }, peer: true },
] as const;

const addressOf = (port: number): string => `http://127.0.0.1:${port}/`;
const registration = ({ port, group, labels, peer }: (typeof EXECUTORS)[number], incarnation: string) => ({
  registryGroup: 'EXECUTOR',
  registryKey: group,
  registryValue: addressOf(port),
  labels: { ...labels },
  ...(peer ? {} : { incarnation }),
});

export async function beat(pair: Pair): Promise<void> {
  for (const executor of EXECUTORS) {
    if (pair.random.next() < 0.15) continue;
    await forEachTwin(pair, async ({ ctx }) => {
      const known = await ctx.store.read('incarnation', (db) =>
        db.get<{ incarnation: string | null }>('select incarnation from s_executor where address = ?', [
          addressOf(executor.port),
        ]),
      );
      await recordHeartbeat(ctx, registration(executor, known?.incarnation ?? 'first'));
    });
  }
}

export async function restart(pair: Pair): Promise<void> {
  const executor = pick(pair.random, EXECUTORS);
  await forEachTwin(pair, ({ ctx }) => recordHeartbeat(ctx, registration(executor, `step ${pair.chance.step}`)));
}

export async function leave(pair: Pair): Promise<void> {
  const { incarnation: _, ...message } = registration(pick(pair.random, EXECUTORS), '');
  await forEachTwin(pair, ({ ctx }) => recordDeparture(ctx, message));
}

export async function drain(pair: Pair): Promise<void> {
  const { port } = pick(pair.random, EXECUTORS);
  const comes = pair.random.next() < 0.5;
  await forEachTwin(pair, ({ ctx }) =>
    ctx.store.transaction('drain', async (tx) => {
      await tx.run(`delete from s_drained_executor`);
      if (!comes) return;
      await tx.run(
        `insert into s_drained_executor (executor_id, drained_by, reason, drained_at)
         select id, 'ana', 'disk', 0 from s_executor where address = ?`,
        [addressOf(port)],
      );
    }),
  );
}
