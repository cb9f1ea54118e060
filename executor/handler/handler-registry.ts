import type { Handler } from './handler-context.ts';

/** The handlers of one executor by name: the allow-list of what the wire can start. */
export type HandlerRegistry = ReadonlyMap<string, Handler>;

export function createHandlerRegistry(handlers: readonly Handler[]): HandlerRegistry {
  const byName = new Map<string, Handler>();
  for (const handler of handlers) {
    if (handler.name.trim() === '' || handler.name.length > 255) {
      throw new TypeError(`handler name "${handler.name}": give it 1 to 255 characters`);
    }
    if (byName.has(handler.name)) throw new TypeError(`handler "${handler.name}" is given twice: names are unique`);
    byName.set(handler.name, handler);
  }
  return byName;
}
