import { messageOf } from '../../shared/errors.ts';
import type { JsonValue } from '../handler/handler-context.ts';
import type { SkippedItem } from './checkpoint.ts';
import type { ItemPage } from './item-reader.ts';
import { type RetryContext, withRetries } from './retry-policy.ts';
import { codeOfError, maySkip, SKIP_NOTHING } from './skip-policy.ts';
import type { ChunkStep } from './step.ts';

/** A page after processing: what is to be written, in the order of reading, and what fell out on the way. */
export interface ProcessedPage<Result> {
  readonly results: readonly Result[];
  /** For each result, the index of its item in the page. */
  readonly itemIndexes: readonly number[];
  readonly filtered: number;
  readonly skipped: readonly SkippedItem[];
}

/** Processes a page outside any transaction, at most `step.concurrency` items at a time. */
export async function processItems<Item, Result, Position extends JsonValue>(
  step: ChunkStep<Item, Result, Position>,
  page: ItemPage<Item, Position>,
  context: RetryContext,
): Promise<ProcessedPage<Result>> {
  const { process } = step;
  // Without a processor the items are the results, and nothing is copied item by item.
  if (process === undefined) return wholePage(page.items as unknown as readonly Result[]);

  const outcomes = new Array<ItemOutcome<Result>>(page.items.length);
  let nextIndex = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (nextIndex < page.items.length && !failed) {
      const index = nextIndex;
      nextIndex += 1;
      const item = page.items[index] as Item;
      try {
        context.signal.throwIfAborted();
        const attempt = () => process(item, { signal: context.signal });
        const result = await withRetries(step.retry ?? {}, context, `processing ${placeOf(page, index)}`, attempt);
        outcomes[index] = result === null ? { kind: 'filtered' } : { kind: 'result', result };
      } catch (error) {
        if (context.signal.aborted || !maySkip(step.skip ?? SKIP_NOTHING, error, 'process')) {
          failed = true;
          throw error;
        }
        outcomes[index] = { kind: 'skipped', skip: describeSkip(step, page, index, 'process', error) };
      }
    }
  };
  // All workers are waited for, also after one failed: nothing of this chunk may run on behind the step's back.
  const workers = Array.from({ length: Math.min(step.concurrency ?? 1, page.items.length) }, work);
  const settled = await Promise.allSettled(workers);
  const failure = settled.find((worker) => worker.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return gather(outcomes);
}

type ItemOutcome<Result> =
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'filtered' }
  | { readonly kind: 'skipped'; readonly skip: SkippedItem };

function wholePage<Result>(results: readonly Result[]): ProcessedPage<Result> {
  return { results, itemIndexes: results.map((_, index) => index), filtered: 0, skipped: [] };
}

function gather<Result>(outcomes: readonly ItemOutcome<Result>[]): ProcessedPage<Result> {
  const results: Result[] = [];
  const itemIndexes: number[] = [];
  const skipped: SkippedItem[] = [];
  let filtered = 0;
  outcomes.forEach((outcome, index) => {
    if (outcome.kind === 'filtered') filtered += 1;
    else if (outcome.kind === 'skipped') skipped.push(outcome.skip);
    else {
      results.push(outcome.result);
      itemIndexes.push(index);
    }
  });
  return { results, itemIndexes, filtered, skipped };
}

export function placeOf<Item, Position extends JsonValue>(page: ItemPage<Item, Position>, index: number): string {
  return page.placeOf?.(index) ?? `item ${index + 1} of its page`;
}

export function describeSkip<Item, Result, Position extends JsonValue>(
  step: ChunkStep<Item, Result, Position>,
  page: ItemPage<Item, Position>,
  index: number,
  phase: 'process' | 'write',
  error: unknown,
): SkippedItem {
  const item = page.items[index] as Item;
  const payload = step.payloadOf === undefined ? jsonOf(item) : step.payloadOf(item);
  return { phase, place: placeOf(page, index), code: codeOfError(error), message: messageOf(error), payload };
}

/** JSON with integers beyond 2^53 and bytes written as text, for people to read. */
function jsonOf(value: unknown): string {
  const asText = (_key: string, field: unknown): unknown => {
    if (typeof field === 'bigint') return field.toString();
    return field instanceof Uint8Array ? Buffer.from(field).toString('base64') : field;
  };
  return JSON.stringify(value, asText) ?? 'null';
}
