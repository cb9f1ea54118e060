import { expect, test } from 'vitest';
import type { DebitJob } from '../../../../../executor/downstream/money-engine.ts';
import { type NightWork, settlementHandlers } from '../../../../../executor/examples/settlement/night-handlers.ts';
import type { HandlerContext } from '../../../../../executor/handler/handler-context.ts';
import { CommitUnknownError, DaybreakError, DownstreamUnreachableError } from '../../../../../shared/errors.ts';

const NAMES = ['import-plans', 'premium-debit', 'principal-debit', 'verification-sweep', 'reconcile'] as const;

/** A night's work in which everything but `ready` breaks as soon as it is touched. */
function untouchable(ready: Promise<void>): NightWork {
  const touched = (name: string) => new DaybreakError('INTERNAL', `${name} was touched before the night was ready`);
  const alarmed = (name: string) =>
    new Proxy({}, { get: (_, member) => () => Promise.reject(touched(`${name}.${String(member)}`)) });
  return {
    ready,
    store: alarmed('store'),
    engine: alarmed('engine'),
  } as unknown as NightWork;
}

const context = (signal = new AbortController().signal) => ({ signal }) as unknown as HandlerContext;
const handlerOf = (name: string, work: NightWork) => {
  const debitJobs = [{ name: 'premium-debit' }, { name: 'principal-debit' }] as unknown as DebitJob[];
  const handlers = settlementHandlers({ debitJobs, nightOf: async () => work });
  const handler = handlers.find((one) => one.name === name);
  if (handler === undefined) throw new Error(`no handler ${name}`);
  return handler;
};

test.each(NAMES)('%s waits until the gateway is known, and ends as that ends', async (name) => {
  const ready = Promise.withResolvers<void>();
  const running = handlerOf(name, untouchable(ready.promise)).run(context());
  ready.reject(new DownstreamUnreachableError('gone until the cut-off'));
  await expect(running).rejects.toMatchObject({ code: 'DOWNSTREAM_UNREACHABLE' });
});

test('an import that no file is named for says what to fire', async () => {
  const work = { ...untouchable(Promise.resolve()), plansPath: '' };
  await expect(handlerOf('import-plans', work).run(context())).rejects.toThrow(
    'fire the chain with --param plans=/PATH.csv',
  );
});

test.each([
  'import-plans',
  'premium-debit',
  'reconcile',
] as const)('%s that was told to stop meanwhile touches nothing', async (name) => {
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const running = handlerOf(name, untouchable(ready.promise)).run(context(stop.signal));
  stop.abort(new DaybreakError('CANCELLED', 'told to stop'));
  ready.resolve();
  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
});

test.each(NAMES)('%s may be tried again when a COMMIT got no answer: it goes on where the store says', async (name) => {
  const ready = Promise.reject(new CommitUnknownError('the answer was lost'));
  await expect(handlerOf(name, untouchable(ready)).run(context())).rejects.toMatchObject({
    code: 'COMMIT_UNKNOWN',
    retryable: true,
  });
});
