import type { StreamEvent } from '../../../api/admin/contract/stream-routes.ts';
import { addressOf } from './client.ts';

/**
 * Live hints. Of all tabs of this browser one holds the stream (whoever has the lock `daybreak-stream`) and passes what it
 * hears on; when it closes the next tab takes over. Without a stream everybody polls, see `isLive`.
 */
type Listener = (event: StreamEvent) => void;
type Message =
  | { readonly kind: 'event'; readonly event: StreamEvent }
  | { readonly kind: 'live'; readonly live: boolean }
  | { readonly kind: 'want'; readonly tab: string; readonly topics: readonly string[] }
  | { readonly kind: 'gone'; readonly tab: string }
  | { readonly kind: 'ask' };

/** What the API takes for one stream (STREAM_TOPICS_MAX). */
const TOPICS_MAX = 40;
const WANTS_AFTER_MS = 150;
const tab = crypto.randomUUID();
const listeners = new Map<string, Set<Listener>>();
const liveListeners = new Set<() => void>();
let live = false;
let channel: BroadcastChannel | null = null;
let leader: Leader | null = null;
let letGo: (() => void) | null = null;

export const isLive = (): boolean => live;
export function onLiveChange(tell: () => void): () => void {
  liveListeners.add(tell);
  return () => liveListeners.delete(tell);
}

/** Hears of a topic while somebody looks at it. */
export function listen(topic: string, listener: Listener): () => void {
  const those = listeners.get(topic) ?? new Set();
  listeners.set(topic, those.add(listener));
  tellWants();
  return () => {
    those.delete(listener);
    if (those.size === 0) listeners.delete(topic);
    tellWants();
  };
}

/** After log-in; a second call changes nothing. */
export function startLive(): void {
  if (channel !== null) return;
  channel = new BroadcastChannel('daybreak-live');
  channel.onmessage = ({ data }: MessageEvent<Message>) => hear(data);
  const end = new AbortController();
  letGo = () => end.abort();
  const lead = (): Promise<void> =>
    new Promise((resolve) => {
      leader = new Leader(broadcast);
      leader.want(tab, myTopics());
      channel?.postMessage({ kind: 'ask' } satisfies Message);
      letGo = () => {
        leader?.stop();
        leader = null;
        resolve();
      };
    });
  // Without locks (an insecure address) each tab has a stream of its own.
  if (navigator.locks === undefined) void lead();
  else navigator.locks.request('daybreak-stream', { signal: end.signal }, lead).catch(() => undefined);
  tellWants();
}

export function stopLive(): void {
  channel?.postMessage({ kind: 'gone', tab } satisfies Message);
  letGo?.();
  channel?.close();
  channel = null;
  setLive(false);
}

function hear(message: Message): void {
  switch (message.kind) {
    case 'event':
      deliver(message.event);
      return;
    case 'live':
      setLive(message.live);
      return;
    case 'want':
      leader?.want(message.tab, message.topics);
      return;
    case 'gone':
      leader?.forget(message.tab);
      return;
    case 'ask':
      tellWants();
  }
}

function broadcast(message: Message): void {
  channel?.postMessage(message);
  hear(message);
}

function deliver(event: StreamEvent): void {
  const heard = event.kind === 'reset' ? [...listeners.values()] : [listeners.get(event.topic) ?? new Set<Listener>()];
  for (const those of heard) for (const listener of [...those]) listener(event);
}

function setLive(next: boolean): void {
  if (live === next) return;
  live = next;
  for (const tell of [...liveListeners]) tell();
}

const myTopics = (): string[] => [...listeners.keys()];
let wantsAt: ReturnType<typeof setTimeout> | null = null;
/** Once for all that a page asks for as it opens: each listens when it has its first answer. */
function tellWants(): void {
  if (wantsAt !== null) return;
  wantsAt = setTimeout(() => {
    wantsAt = null;
    leader?.want(tab, myTopics());
    channel?.postMessage({ kind: 'want', tab, topics: myTopics() } satisfies Message);
  }, WANTS_AFTER_MS);
}
window.addEventListener('pagehide', () => channel?.postMessage({ kind: 'gone', tab } satisfies Message));

/** Holds the stream with the topics of all tabs; opens it anew when they change or it breaks, from the last id on. */
class Leader {
  readonly #tell: (message: Message) => void;
  readonly #wants = new Map<string, readonly string[]>();
  #source: EventSource | null = null;
  #topics = '';
  #isWhole = true;
  #lastEventId = '';
  #tries = 0;
  #again: ReturnType<typeof setTimeout> | null = null;

  constructor(tell: (message: Message) => void) {
    this.#tell = tell;
  }

  want(of: string, topics: readonly string[]): void {
    this.#wants.set(of, topics);
    this.#follow();
    this.#tell({ kind: 'live', live: this.#source?.readyState === EventSource.OPEN && this.#isWhole });
  }

  forget(of: string): void {
    this.#wants.delete(of);
    this.#follow();
  }

  stop(): void {
    if (this.#again !== null) clearTimeout(this.#again);
    this.#source?.close();
    this.#source = null;
  }

  #follow(): void {
    const wanted = [...new Set([...this.#wants.values()].flat())].sort();
    const all = wanted.slice(0, TOPICS_MAX).join(',');
    // So many tabs that some would never hear: then all of them poll, and none is forgotten.
    this.#isWhole = wanted.length <= TOPICS_MAX;
    if (all === this.#topics) return;
    this.#topics = all;
    this.stop();
    if (all !== '') this.#open();
  }

  #open(): void {
    const query = { topics: this.#topics, ...(this.#lastEventId === '' ? {} : { lastEventId: this.#lastEventId }) };
    const source = new EventSource(addressOf('GET /stream', { query }));
    this.#source = source;
    source.addEventListener('open', () => {
      // What changed between two streams is read again when the server does not know the last id any more, and on a
      // first stream: something may have happened after the page read it.
      if (this.#lastEventId === '') this.#tell({ kind: 'event', event: resetNow() });
      this.#tries = 0;
      this.#tell({ kind: 'live', live: this.#isWhole });
    });
    source.addEventListener('change', (message: MessageEvent<string>) => {
      if (message.lastEventId !== '') this.#lastEventId = message.lastEventId;
      this.#tell({ kind: 'event', event: JSON.parse(message.data) as StreamEvent });
    });
    source.addEventListener('error', () => {
      this.#tell({ kind: 'live', live: false });
      // The browser tries again by itself unless the answer was no stream at all.
      if (source.readyState !== EventSource.CLOSED || this.#source !== source) return;
      this.#source = null;
      this.#again = setTimeout(() => this.#open(), Math.min(30_000, 1_000 * 2 ** this.#tries++));
    });
  }
}

const resetNow = (): StreamEvent => ({ topic: '*', atMs: Date.now(), kind: 'reset', id: null });
