import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { StoreLocation } from '../options/store-location.ts';
import { type ControlActions, startControlServer } from './http-control-server.ts';
import { ownerFileOf, removeOwnerFile, writeOwnerFile } from './owner-file.ts';

/** Who works in the store, as it tells others. */
export interface Announced {
  readonly pid: number;
  readonly startedAtMs: number;
  readonly command: string;
}

/**
 * Opens the control port and writes the note beside the embedded store. A shared store is open to others as it is,
 * and its lock carries the note. Call it with the store held.
 */
export async function announceOwner(
  location: StoreLocation,
  who: { readonly command: string; readonly runtime: Runtime },
  actionsOf: (announced: Announced) => ControlActions,
): Promise<AsyncDisposable> {
  const announced: Announced = { pid: process.pid, startedAtMs: who.runtime.clock.wallMs(), command: who.command };
  if (location.kind !== 'sqlite') return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const token = who.runtime.random.secretHex(32);
  const server = await startControlServer(token, actionsOf(announced));
  const path = ownerFileOf(location.path);
  writeOwnerFile(path, { ...announced, controlUrl: server.url, token });
  return {
    async [Symbol.asyncDispose]() {
      removeOwnerFile(path, token);
      await server.close();
    },
  };
}
