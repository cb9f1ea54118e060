import type { HeldMessage, HoldMessage } from '../../shared/protocol/hold.ts';
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
  /** One per scheduler: how a node that cannot be dialled comes to its messages. */
  readonly lines: readonly SchedulerLine[];
  close(): void;
}

/** The way to one scheduler. */
export interface SchedulerLine {
  readonly root: string;
  /** Asks for messages, and resolves when there are some, or after the message's `waitMs` with none. */
  hold(message: HoldMessage, signal: AbortSignal): Promise<LineAnswer>;
}

export type LineAnswer =
  | { readonly kind: 'held'; readonly messages: readonly HeldMessage[]; readonly taken: boolean }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unreachable'; readonly why: string };

/**
 * - acknowledged: HTTP 200 and code 200; the scheduler has it.
 * - refused: it answered with another code; `message` is its reason.
 * - unreachable: no answer of ours was understood. It may have arrived all the same, so the same thing is told again.
 */
export type SchedulerAnswer =
  | { readonly kind: 'acknowledged'; readonly by: string }
  | { readonly kind: 'refused'; readonly by: string; readonly code: number; readonly message: string }
  | { readonly kind: 'unreachable'; readonly why: string };
