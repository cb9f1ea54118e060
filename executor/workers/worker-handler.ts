import type { TSchema } from 'typebox';
import type { DefinedHandler } from '../handler/define-handler.ts';
import type { HandlerResult, Spread } from '../handler/handler-context.ts';
import { sumResults } from './sum-results.ts';

export interface WorkerHandlerDefinition {
  /** What jobs call it, and what the handler of the worker module is called. */
  readonly name: string;
  /**
   * 'every': one attempt is worked by all worker processes at once, for handlers that share their work by themselves
   * (slices, debits). 'one' (default): by one of them, the one with the least to do.
   */
  readonly spread?: Spread;
  /** As of `defineHandler`: checked here, before the attempt crosses. */
  readonly params?: TSchema;
  /** Makes one result of those of all processes. Default: numbers are added up, key by key. */
  combine?(results: readonly HandlerResult[]): HandlerResult;
}

/** A handler of this executor whose code is in the worker module and runs in its worker processes. */
export function workerHandler(definition: WorkerHandlerDefinition): DefinedHandler {
  const { name, spread = 'one', params } = definition;
  return {
    name,
    isolation: 'workers',
    spread,
    combine: definition.combine?.bind(definition) ?? sumResults,
    ...(params === undefined ? {} : { params }),
    run: () => Promise.reject(new Error(`handler "${name}" runs in worker processes: give the executor processes`)),
    describe: () => ({
      name,
      isolation: 'workers',
      params: params === undefined ? null : JSON.parse(JSON.stringify(params)),
    }),
  };
}
