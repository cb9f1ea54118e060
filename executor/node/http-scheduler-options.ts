import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SignatureTrust } from './signature-trust.ts';

export interface HttpSchedulerClientOptions {
  /** Admin roots in the order in which they are tried, e.g. `http://10.0.0.5:8080` or `.../xxl-job-admin`. */
  readonly schedulers: readonly string[];
  readonly appname: string;
  readonly accessToken: string;
  /** For connecting and answering together. */
  readonly timeoutMs: number;
  /** With it everything is signed; peers of xxl-job do not mind. */
  readonly runtime?: Pick<Runtime, 'clock' | 'random'>;
  /** Never shows the token, so that only schedulers of ours are understood. Default false. */
  readonly requireSignatures?: boolean;
  /** Registers with all of them and not with the first that answers: each has to have this node's line. Default false. */
  readonly registersEverywhere?: boolean;
  /** Is told which schedulers sign. */
  readonly trust?: SignatureTrust;
}
