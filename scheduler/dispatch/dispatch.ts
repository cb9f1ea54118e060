import type { RunRequest } from '../../shared/protocol/wire.ts';
import type { ExpectedExecutor } from './executor-client.ts';

/** One request that is to leave, its attempt stored and committed. */
export interface Dispatch {
  readonly address: string;
  readonly request: RunRequest;
  /** It was sent before, to a peer for which a second time may be a second run: ask whether it came. */
  readonly askFirst?: boolean;
  /** It was sent before to this process of ours, which may have it: only that process can say that it does not. */
  readonly sentBeforeTo?: ExpectedExecutor;
}
