import type { Clock } from '../runtime/runtime.ts';
import {
  type AnswerTo,
  answerMac,
  type RequestSignature,
  type RequestTarget,
  requestMac,
  SIGNATURE_WINDOW_MS,
  sameMac,
  type WireKey,
  writeAnswerSignature,
} from './wire-signature.ts';

/**
 * - good: it was made for this process, now, and comes for the first time.
 * - again: its maker has the key but did not make it for this process, or not now (SIGN_AGAIN tells it what it lacks).
 * - repeated: a copy of one that came before.
 * - forged: its maker does not have the key.
 */
export type SignatureVerdict = 'good' | 'again' | 'repeated' | 'forged';

/** The receiving side of one process: judges signatures of requests and signs the answers. */
export interface SignatureJudge {
  /** Names this very process; signatures are made for it. */
  readonly instance: string;
  judge(key: WireKey, target: RequestTarget, signature: RequestSignature): SignatureVerdict;
  /** The header of an answer. */
  signAnswer(key: WireKey, to: AnswerTo): string;
}

// 60 bytes each: under more than 800 good requests a second the window shrinks rather than the memory growing.
const NONCES_MAX = 100_000;

/**
 * The clock of a judge is its own: the wall clock at its start and the monotonic one from there, so that nobody can set
 * it while it runs. It tells that clock in every signed answer, and signers go by what they are told; so nodes whose
 * clocks are hours apart understand each other. Because a signature names the process that it is for, copies cannot be
 * used at another scheduler or after a restart, and the memory of nonces need not be shared or kept.
 */
export function createSignatureJudge(options: {
  readonly instance: string;
  readonly clock: Clock;
  readonly noncesMax?: number;
}): SignatureJudge {
  const { instance, clock, noncesMax = NONCES_MAX } = options;
  const offsetMs = Math.round(clock.wallMs() - clock.monotonicMs());
  const nowMs = (): number => Math.round(clock.monotonicMs()) + offsetMs;
  // In the order of their coming. What is thrown out early raises the floor, so that it cannot come again either.
  const seen = new Map<string, number>();
  let floorMs = -1;

  function remember(nonce: string, atMs: number): void {
    seen.set(nonce, atMs);
    for (const [oldest, oldestAtMs] of seen) {
      const over = seen.size > noncesMax;
      if (!over && oldestAtMs >= nowMs() - SIGNATURE_WINDOW_MS) break;
      if (over) floorMs = Math.max(floorMs, oldestAtMs);
      seen.delete(oldest);
    }
  }

  return {
    instance,
    judge(key, target, signature) {
      if (!sameMac(requestMac(key, target, signature), signature.mac)) return 'forged';
      const { atMs, audience, nonce } = signature;
      if (audience !== instance) return 'again';
      if (Math.abs(nowMs() - atMs) > SIGNATURE_WINDOW_MS || atMs <= floorMs) return 'again';
      if (seen.has(nonce)) return 'repeated';
      remember(nonce, atMs);
      return 'good';
    },
    signAnswer(key, to) {
      const told = { instance, atMs: nowMs() };
      return writeAnswerSignature({ ...told, mac: answerMac(key, to, told) });
    },
  };
}
