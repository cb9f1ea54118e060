import type { Static, TSchema } from 'typebox';
import { DaybreakError } from '../../shared/errors.ts';
import type { Handler, HandlerContext, HandlerResult, Isolation, JsonValue } from './handler-context.ts';

// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing is the common case.
export type HandlerReturn = HandlerResult | void;

interface CommonDefinition<S extends TSchema> {
  /** What jobs call it: 1 to 255 characters, unique on an executor. */
  readonly name: string;
  /**
   * A TypeBox schema of the job's parameter, which is JSON text; an empty one counts as `{}`. Defaults are filled in,
   * nothing is converted. What does not fit fails the attempt with PARAM_INVALID before the handler begins, and is not
   * tried again. Default: none, and `ctx.param` is whatever text the job has.
   */
  readonly params?: S;
  /**
   * Once before the first attempt on a node (in a thread or process: before its first attempt there); attempts that
   * come meanwhile wait, and the wait counts towards their time limit. When it throws, those attempts fail with
   * HANDLER_INIT_FAILED and the next one tries again.
   */
  init?(): Promise<void> | void;
  /** Once after the last attempt, when init has succeeded or there is none; it has until the drain's deadline. */
  destroy?(): Promise<void> | void;
}

export interface InlineHandlerDefinition<S extends TSchema> extends CommonDefinition<S> {
  readonly isolation?: 'inline';
  run(ctx: HandlerContext<Static<S>>): Promise<HandlerReturn>;
}

export interface IsolatedHandlerDefinition<S extends TSchema> extends CommonDefinition<S> {
  /** docs/handlers.md says what each of them can and cannot do. */
  readonly isolation: 'thread' | 'process';
  /**
   * The module that is loaded there: `import.meta.url` of the file that exports this handler, or the URL of another
   * file. A URL that ends in `.ts` also finds the `.js` that was compiled from it.
   */
  readonly module: string | URL;
  /** Which export of it: a handler, or a function that takes the context. Default 'default'. */
  readonly exportName?: string;
  /** Megabytes of JavaScript heap; whoever needs more ends with HANDLER_CRASHED. Default: Node's own limit. */
  readonly memoryMbMax?: number;
  /** May be left out when `module` is another file. */
  run?(ctx: HandlerContext<Static<S>>): Promise<HandlerReturn>;
}

export type HandlerDefinition<S extends TSchema> = InlineHandlerDefinition<S> | IsolatedHandlerDefinition<S>;

export interface DefinedHandler extends Handler {
  /** What a form, a check or a catalogue of handlers needs to know, as plain JSON. */
  describe(): HandlerDescription;
}

export interface HandlerDescription {
  readonly name: string;
  readonly isolation: Isolation;
  /** JSON Schema of the parameter; null = any text. */
  readonly params: JsonValue;
}

/**
 * Names a piece of work that the scheduler can send here. Throws BAD_OPTION for a definition that cannot work.
 * @example
 * const greet = defineHandler('greet', async (ctx) => {
 *   ctx.log.info(`shard ${ctx.shardIndex} of ${ctx.shardTotal}`);
 * });
 * @example
 * const close = defineHandler({
 *   name: 'close',
 *   params: Type.Object({ region: Type.String(), limit: Type.Integer({ default: 100 }) }),
 *   run: async (ctx) => ({ closed: await closeDay(ctx.params.region, ctx.params.limit, ctx.signal) }),
 * });
 */
export function defineHandler(name: string, run: (ctx: HandlerContext) => Promise<HandlerReturn>): DefinedHandler;
export function defineHandler<S extends TSchema = TSchema>(definition: HandlerDefinition<S>): DefinedHandler;
export function defineHandler<S extends TSchema>(
  given: string | HandlerDefinition<S>,
  run?: (ctx: HandlerContext) => Promise<HandlerReturn>,
): DefinedHandler {
  const definition = typeof given === 'string' ? { name: given, run } : given;
  const { name, params, isolation = 'inline' } = definition as HandlerDefinition<S>;
  return {
    name,
    ...(params === undefined ? {} : { params }),
    ...hooks(definition as HandlerDefinition<S>),
    ...whereItRuns(definition as HandlerDefinition<S>),
    run: runOf(definition as HandlerDefinition<S>),
    describe: () => ({ name, isolation, params: params === undefined ? null : JSON.parse(JSON.stringify(params)) }),
  };
}

function runOf<S extends TSchema>(definition: HandlerDefinition<S>): Handler['run'] {
  // The schema was checked before the handler begins, so what arrives has its type.
  const run = definition.run?.bind(definition) as ((ctx: HandlerContext) => Promise<HandlerReturn>) | undefined;
  if (run !== undefined) return async (ctx) => (await run(ctx)) ?? undefined;
  if (definition.isolation === undefined || definition.isolation === 'inline') {
    throw badDefinition(definition.name, 'give it a function run');
  }
  const { module } = definition as IsolatedHandlerDefinition<S>;
  return () => Promise.reject(badDefinition(definition.name, `its work is in ${String(module)}`));
}

function hooks<S extends TSchema>(definition: HandlerDefinition<S>): Pick<Handler, 'init' | 'destroy'> {
  const { init, destroy } = definition;
  return {
    ...(init === undefined ? {} : { init: async () => await init.call(definition) }),
    ...(destroy === undefined ? {} : { destroy: async () => await destroy.call(definition) }),
  };
}

function whereItRuns<S extends TSchema>(
  definition: HandlerDefinition<S>,
): Pick<Handler, 'isolation' | 'module' | 'exportName' | 'memoryMbMax'> {
  if (definition.isolation === undefined || definition.isolation === 'inline') return {};
  const { isolation, exportName = 'default', memoryMbMax } = definition as IsolatedHandlerDefinition<S>;
  const module = String((definition as IsolatedHandlerDefinition<S>).module ?? '');
  if (!module.startsWith('file:')) {
    throw badDefinition(
      definition.name,
      `module "${module}" must be a file: URL, e.g. import.meta.url or new URL('./heavy.ts', import.meta.url)`,
    );
  }
  return { isolation, module, exportName, ...(memoryMbMax === undefined ? {} : { memoryMbMax }) };
}

function badDefinition(name: string, why: string): DaybreakError {
  return new DaybreakError('BAD_OPTION', `handler "${name}": ${why}`, { details: { handler: name } });
}
