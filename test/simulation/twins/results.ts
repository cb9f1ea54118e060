import { acceptCallbackList } from '../../../scheduler/callback/accept-callback-list.ts';
import { acceptRunManifest, acceptSlicesSettled } from '../../../scheduler/callback/accept-told.ts';
import type { CallbackMessage } from '../../../shared/protocol/wire.ts';
import { pick } from './draw-work.ts';
import { idsByName, namesOf, onRun, type Pair } from './pair.ts';
import type { Twin } from './twin.ts';

const CODES = [200, 200, 200, 200, 500, 502, 0, 203];
const WORDS = [null, 'ok', 'web container destroy and kill the job.', 'scheduling center kill job.', 'E1: no answer'];
const RESULTS = ['{"done":1}', '{"error":{"code":"E1","retryable":false}}', '{"error":{"code":"E1"}}', 'no JSON'];

/** A list of results as an outbox tells it: of attempts that are out, and some of any other; some of them twice. */
export async function report(pair: Pair): Promise<void> {
  const { random, together } = pair;
  const { attempts } = await namesOf(together);
  const rows = await together.ctx.store.read('attempts', (db) =>
    db.all<{ id: number; state: string }>('select id, state from s_attempt'),
  );
  const named = rows
    .map(({ id, state }) => ({ name: attempts.get(id) ?? '', isOut: state === 'sent' || state === 'running' }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const list: { readonly name: string; readonly message: Omit<CallbackMessage, 'logId'> }[] = [];
  for (const { name, isOut } of named) {
    while (random.next() < (isOut ? 0.5 : 0.04)) list.push({ name, message: drawResult(pair) });
  }
  const mixed = list.map((one) => ({ one, at: random.next() })).sort((a, b) => a.at - b.at);
  const all = mixed.map(({ one }) => one);
  const mayReport = async () => true;
  const messages = async (twin: Twin) => {
    const ids = idsByName((await namesOf(twin)).attempts);
    return all.map(({ name, message }) => ({ logId: ids.get(name) ?? 0, ...message }));
  };
  await acceptCallbackList(together.ctx, await messages(together), mayReport);
  for (const message of await messages(pair.oneByOne))
    await acceptCallbackList(pair.oneByOne.ctx, [message], mayReport);
}

function drawResult({ random }: Pair): Omit<CallbackMessage, 'logId'> {
  const [code, msg] = [pick(random, CODES), pick(random, WORDS)];
  if (random.next() < 0.1) return { executeResult: { code, msg } };
  const result = random.next() < 0.5 ? {} : { result: pick(random, RESULTS) };
  return { handleCode: code, handleMsg: msg, ...result };
}

export async function tell(pair: Pair): Promise<void> {
  const { random } = pair;
  const totals = [{ group: 'all', currency: 'EUR', count: 2, amountMinor: '10' }];
  const settled = { group: 'all', currency: 'EUR', state: 'SETTLED', count: 1, amountMinor: '5' };
  const kind = random.integer(3);
  const sliceNo = random.integer(2);
  await onRun(pair, '1 = 1', async ({ ctx }, runId) => {
    if (kind === 0) return acceptRunManifest(ctx, { runId, sliceCount: 2, totals });
    const slices = kind === 1 ? [0, 1] : [sliceNo];
    return acceptSlicesSettled(
      ctx,
      slices.map((no) => ({ runId, sliceNo: no, sliceCount: 2, totals: [settled] })),
    );
  });
}
