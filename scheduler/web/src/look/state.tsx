import { useTranslation } from 'react-i18next';

/** What is not known is a tone of its own: neither good nor bad. */
export type Tone = 'ok' | 'run' | 'wait' | 'warn' | 'bad' | 'unsure';
/** A state is told by shape, colour and word together. */
type Shape = 'clock' | 'ring' | 'half' | 'check' | 'cross' | 'alarm' | 'stop' | 'slash' | 'ask' | 'pause' | 'skip';

const LOOKS: Readonly<Record<string, readonly [Shape, Tone]>> = {
  waiting: ['clock', 'wait'],
  running: ['ring', 'run'],
  dispatched: ['half', 'run'],
  succeeded: ['check', 'ok'],
  failed: ['cross', 'bad'],
  timed_out: ['alarm', 'bad'],
  cancelled: ['stop', 'wait'],
  cancelling: ['stop', 'warn'],
  discarded: ['slash', 'wait'],
  ready: ['clock', 'wait'],
  sent: ['half', 'run'],
  refused: ['slash', 'warn'],
  lost: ['ask', 'unsure'],
  stopping: ['stop', 'warn'],
  stands: ['check', 'ok'],
  due: ['clock', 'run'],
  waits: ['clock', 'wait'],
  passed_over: ['skip', 'wait'],
  joining: ['clock', 'wait'],
  alive: ['check', 'ok'],
  draining: ['pause', 'warn'],
  silent: ['ask', 'bad'],
  gone: ['slash', 'wait'],
  planned: ['clock', 'wait'],
  fired: ['check', 'ok'],
  merged: ['skip', 'wait'],
  skipped: ['skip', 'wait'],
  held: ['pause', 'warn'],
  truncated: ['slash', 'warn'],
  paused: ['pause', 'warn'],
  done: ['check', 'ok'],
  open: ['clock', 'warn'],
  approved: ['check', 'ok'],
  rejected: ['cross', 'bad'],
  withdrawn: ['slash', 'wait'],
  active: ['check', 'ok'],
  disabled: ['pause', 'wait'],
  enabled: ['check', 'ok'],
  given_up: ['cross', 'bad'],
  critical: ['alarm', 'bad'],
  warning: ['alarm', 'warn'],
  settled: ['check', 'ok'],
  unresolved: ['ask', 'unsure'],
  differs: ['alarm', 'bad'],
  SUCCESS: ['check', 'ok'],
  FAILED: ['cross', 'bad'],
  BLOCKED: ['stop', 'warn'],
  PENDING: ['clock', 'wait'],
  // In the air is at work; what only people can tell, and what a night ended without, is not known.
  PROCESSING: ['half', 'run'],
  RETRY_WAIT: ['clock', 'warn'],
  MANUAL: ['ask', 'unsure'],
  UNRESOLVED: ['ask', 'unsure'],
  untold: ['clock', 'wait'],
};
const UNKNOWN_LOOK = ['ask', 'wait'] as const;

export const toneOf = (state: string): Tone => (LOOKS[state] ?? UNKNOWN_LOOK)[1];

export function StateMark({ state, size = 16 }: { readonly state: string; readonly size?: number }) {
  const [shape, tone] = LOOKS[state] ?? UNKNOWN_LOOK;
  return (
    <span className={`mark tone-${tone}`} aria-hidden="true">
      <svg width={size} height={size} viewBox="0 0 16 16" fill="none" aria-hidden="true">
        <ShapePath shape={shape} />
      </svg>
    </span>
  );
}

/** The mark with its word. States that the page has no word for are shown as they came. */
export function State({ state }: { readonly state: string }) {
  const words = useStateWord();
  return (
    <span className={`state tone-${toneOf(state)}`}>
      <StateMark state={state} />
      {words(state)}
    </span>
  );
}

export function useStateWord(): (state: string) => string {
  const { t, i18n } = useTranslation();
  return (state) => (i18n.exists(`state.${state}`) ? t(`state.${state}`) : state);
}

/** Drawn with currentColor, which is that of the tone. */
function ShapePath({ shape }: { readonly shape: Shape }) {
  const cut = { stroke: 'var(--sheet)', strokeWidth: 1.8, strokeLinecap: 'round', strokeLinejoin: 'round' } as const;
  const drawn = { stroke: 'currentColor', strokeWidth: 1.7, strokeLinecap: 'round', strokeLinejoin: 'round' } as const;
  switch (shape) {
    case 'clock':
      return (
        <>
          <circle cx="8" cy="8" r="6.2" {...drawn} />
          <path d="M8 4.8V8l2.2 1.6" {...drawn} />
        </>
      );
    case 'ring':
      return (
        <>
          <circle cx="8" cy="8" r="6.2" stroke="currentColor" strokeWidth="1.7" opacity=".28" />
          <path className="spin" d="M8 1.8a6.2 6.2 0 0 1 6.2 6.2" {...drawn} strokeWidth="2.2" />
          <circle cx="8" cy="8" r="2" fill="currentColor" />
        </>
      );
    case 'half':
      return (
        <>
          <circle cx="8" cy="8" r="6.2" {...drawn} />
          <path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z" fill="currentColor" />
        </>
      );
    case 'check':
      return (
        <>
          <circle cx="8" cy="8" r="7" fill="currentColor" />
          <path d="M4.8 8.3 7 10.5l4.2-4.7" {...cut} />
        </>
      );
    case 'cross':
      return (
        <>
          <path d="M8 .6 15.4 8 8 15.4.6 8z" fill="currentColor" />
          <path d="m5.9 5.9 4.2 4.2m0-4.2-4.2 4.2" {...cut} />
        </>
      );
    case 'alarm':
      return (
        <>
          <path d="M8 1.2 15.2 14H.8z" fill="currentColor" strokeLinejoin="round" stroke="currentColor" />
          <path d="M8 5.8v3.6m0 2.3v.1" {...cut} />
        </>
      );
    case 'stop':
      return (
        <>
          <rect x="1.4" y="1.4" width="13.2" height="13.2" rx="2.6" fill="currentColor" />
          <path d="M5 8h6" {...cut} />
        </>
      );
    case 'slash':
      return (
        <>
          <rect x="2" y="2" width="12" height="12" rx="2.6" {...drawn} />
          <path d="m5 11 6-6" {...drawn} />
        </>
      );
    case 'ask':
      return (
        <>
          <path d="M8 .8 15.2 8 8 15.2.8 8z" {...drawn} />
          <path d="M6.5 6.4a1.6 1.6 0 1 1 2.3 1.5c-.6.3-.8.6-.8 1.2m0 2v.1" {...drawn} strokeWidth="1.5" />
        </>
      );
    case 'pause':
      return (
        <>
          <circle cx="8" cy="8" r="6.2" {...drawn} />
          <path d="M6.4 5.6v4.8m3.2-4.8v4.8" {...drawn} />
        </>
      );
    case 'skip':
      return (
        <>
          <circle cx="8" cy="8" r="6.2" {...drawn} strokeDasharray="2.4 2.6" />
          <path d="m6.3 5.6 2.6 2.4-2.6 2.4" {...drawn} />
        </>
      );
  }
}
