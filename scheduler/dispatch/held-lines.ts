import { type Held, type HeldVerb, heldAddress } from '../../shared/protocol/hold.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { type Carried, createHeldLine, type HeldLimits, type HeldLine, type Poll } from './held-line.ts';

/** Whose line it is. The token of the group has been judged before. */
export interface Holder {
  readonly group: string;
  readonly id: string;
  readonly incarnation: string;
  readonly signed: boolean;
}

/** The lines that executors which cannot be dialled hold to this very process; another scheduler has its own. */
export interface HeldLines {
  /** One question of an executor; null: this scheduler stops, or holds as many lines as it can. */
  poll(holder: Holder, poll: Poll): Promise<Held | null>;
  /** The line at an address, or null when nobody holds one here. */
  lineAt(address: string): Pick<HeldLine, 'incarnation' | 'signed'> | null;
  send(address: string, verb: HeldVerb, body: unknown, timeoutMs: number): Promise<Carried>;
  /** How many are held now. */
  readonly count: number;
  /** Ends all lines, and takes no new ones. */
  close(): void;
}

export const HELD_LIMITS: HeldLimits & { readonly linesMax: number } = {
  gapMs: 3_000,
  queueMax: 2_000,
  queueBytesMax: 16 * 1_048_576,
  batchMax: 200,
  batchBytesMax: 4 * 1_048_576,
  linesMax: 10_000,
};

export function createHeldLines(
  runtime: Pick<Runtime, 'clock' | 'sleep' | 'yieldTurn' | 'random'>,
  given: Partial<typeof HELD_LIMITS> = {},
): HeldLines {
  const limits = { ...HELD_LIMITS, ...given };
  const lines = new Map<string, HeldLine>();
  const instance = runtime.random.ulid();
  let messages = 0;
  let closed = false;

  const nextId = (): string => {
    messages += 1;
    return `${instance}.${messages}`;
  };

  function lineOf(address: string, { incarnation, signed }: Holder): HeldLine | null {
    const known = lines.get(address);
    if (known?.isThere === true && known.incarnation === incarnation && known.signed === signed) {
      return known;
    }
    known?.end('another process of the executor holds the line');
    lines.delete(address);
    if (lines.size >= limits.linesMax) forgetThoseGone();
    if (lines.size >= limits.linesMax) return null;
    const line = createHeldLine({ incarnation, signed, nextId, runtime, limits });
    lines.set(address, line);
    return line;
  }

  function forgetThoseGone(): void {
    for (const [address, line] of lines) if (!line.isThere) lines.delete(address);
  }

  const lineAt = (address: string): HeldLine | null => {
    const line = lines.get(address);
    return line?.isThere === true ? line : null;
  };

  return {
    async poll(holder, poll) {
      if (closed) return null;
      const address = heldAddress(holder.group, holder.id);
      const line = lineOf(address, holder);
      if (line === null) return null;
      const messages = await line.poll(poll);
      const now = lines.get(address);
      const taken = now !== undefined && now !== line && now.incarnation !== holder.incarnation;
      return { messages: [...messages], ...(taken ? { taken } : {}) };
    },
    lineAt,
    async send(address, verb, body, timeoutMs) {
      const line = lineAt(address);
      if (line === null) return { kind: 'unreachable', why: 'the executor holds no line to this scheduler' };
      return await line.send(verb, body, timeoutMs);
    },
    get count() {
      return [...lines.values()].filter(({ isThere }) => isThere).length;
    },
    close() {
      closed = true;
      for (const line of lines.values()) line.end('this scheduler stops');
      lines.clear();
    },
  };
}
