import type { CallbackMessage, RegistryMessage, RunManifest, SliceSettled } from '../../shared/protocol/wire.ts';

/** The registry message with our extra field: a new value per start of the process tells a restart on one address. */
export type Registration = RegistryMessage & { readonly incarnation: string };

/** What an executor tells its schedulers. Every call tries them in order until one acknowledges. */
export interface SchedulerClient {
  register(registration: Registration): Promise<SchedulerAnswer>;
  unregister(registration: Registration): Promise<SchedulerAnswer>;
  callback(results: readonly CallbackMessage[]): Promise<SchedulerAnswer>;
  runManifest(manifest: RunManifest): Promise<SchedulerAnswer>;
  slicesSettled(slices: readonly SliceSettled[]): Promise<SchedulerAnswer>;
  close(): void;
}

/**
 * - acknowledged: HTTP 200 and code 200; the scheduler has it.
 * - refused: it answered with another code; `message` is its reason.
 * - unreachable: no answer of ours was understood. It may have arrived all the same, so the same thing is told again.
 */
export type SchedulerAnswer =
  | { readonly kind: 'acknowledged'; readonly by: string }
  | { readonly kind: 'refused'; readonly by: string; readonly code: number; readonly message: string }
  | { readonly kind: 'unreachable'; readonly why: string };
