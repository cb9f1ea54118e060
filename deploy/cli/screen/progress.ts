import { setInterval } from 'node:timers/promises';
import type { Terminal } from './terminal.ts';
import { duration, grouped } from './words.ts';

/** How far a night is, as the store says it. */
export interface NightProgress {
  /** What is going on, e.g. `premium-debit`. */
  readonly phase: string;
  readonly legs: readonly LegProgress[];
}
export interface LegProgress {
  readonly leg: string;
  /** Items that are final or wait for people. */
  readonly done: number;
  readonly total: number;
}

export interface ProgressOptions {
  readonly terminal: Terminal;
  readonly cutOffAtMs: number;
  /** Null: it could not be read this time, and what was shown stays. */
  readonly read: () => Promise<NightProgress | null>;
  /** Ends the loop; what is on the screen stays there. */
  readonly signal: AbortSignal;
}

const DRAW_EVERY_MS = 500;
const LINE_EVERY_MS = 5_000;

/** Shows progress until the signal: bars redrawn in place on a terminal, else a line every few seconds when it moved. */
export async function showProgress(options: ProgressOptions): Promise<void> {
  const pace = new Pace();
  const view = options.terminal.live ? bars(options) : plainLines(options);
  const show = async (): Promise<void> => {
    const progress = await options.read();
    if (progress === null) return;
    const nowMs = performance.now();
    pace.note(progress, nowMs);
    view.show(progress, pace, nowMs);
  };
  try {
    for await (const _ of setInterval(DRAW_EVERY_MS, undefined, { signal: options.signal, ref: false })) await show();
  } catch (error) {
    if (!options.signal.aborted) throw error;
  }
  await show();
  view.end?.();
}

/** Rows per second over the last ten seconds, per leg. */
class Pace {
  readonly #marks = new Map<string, { atMs: number; done: number }[]>();

  note(progress: NightProgress, nowMs: number): void {
    for (const { leg, done } of progress.legs) {
      const marks = this.#marks.get(leg) ?? [];
      marks.push({ atMs: nowMs, done });
      while (marks.length > 2 && nowMs - (marks[0]?.atMs ?? nowMs) > 10_000) marks.shift();
      this.#marks.set(leg, marks);
    }
  }

  perSecond(leg: string): number {
    const marks = this.#marks.get(leg) ?? [];
    const [first, last] = [marks[0], marks.at(-1)];
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return ((last.done - first.done) * 1000) / (last.atMs - first.atMs);
  }
}

interface View {
  show(progress: NightProgress, pace: Pace, nowMs: number): void;
  end?(): void;
}

/** What stands behind the bar of a leg: done, total, rows/s, and when it will be done against the cut-off. */
export function legFigures(
  leg: LegProgress,
  perSecond: number,
  leftToCutOffMs: number,
): { text: string; late: boolean } {
  const counts = `${grouped(leg.done)}/${grouped(leg.total)}`;
  if (leg.total > 0 && leg.done >= leg.total) return { text: `${counts}  done`, late: false };
  const rate = `${grouped(Math.round(perSecond))} rows/s`;
  if (perSecond <= 0)
    return { text: `${counts}  ${rate}  cut-off in ${duration(leftToCutOffMs)}`, late: leftToCutOffMs <= 0 };
  const etaMs = ((leg.total - leg.done) / perSecond) * 1000;
  const spareMs = leftToCutOffMs - etaMs;
  const against = spareMs >= 0 ? `${duration(spareMs)} to spare` : `${duration(-spareMs)} AFTER the cut-off`;
  return { text: `${counts}  ${rate}  ETA ${duration(etaMs)}, ${against}`, late: spareMs < 0 };
}

function bars({ terminal, cutOffAtMs }: ProgressOptions): View {
  return {
    show(progress, pace) {
      const lines = progress.legs.map((leg) =>
        barLine(leg, pace.perSecond(leg.leg), cutOffAtMs - Date.now(), terminal),
      );
      if (lines.length === 0) lines.push(terminal.style('dim', progress.phase));
      terminal.redraw(lines);
    },
  };
}

function barLine(leg: LegProgress, perSecond: number, leftToCutOffMs: number, terminal: Terminal): string {
  const { text, late } = legFigures(leg, perSecond, leftToCutOffMs);
  const name = leg.leg.padEnd(9);
  // The bar gives way to the figures down to ten columns; then the figures are cut, before the last column, because a
  // line that wraps would break the redrawing.
  const room = Math.max(10, Math.min(30, terminal.columns() - name.length - text.length - 6));
  const filled = leg.total === 0 ? 0 : Math.floor((leg.done / leg.total) * room);
  const bar = `[${terminal.style('cyan', '█'.repeat(filled))}${' '.repeat(room - filled)}] `;
  const shown = text.slice(0, Math.max(0, terminal.columns() - name.length - room - 5));
  return `${name} ${bar}${late ? terminal.style('red', shown) : shown}`;
}

function plainLines({ terminal, cutOffAtMs }: ProgressOptions): View {
  let lastAtMs = Number.NEGATIVE_INFINITY;
  let lastText = '';
  let last = '';
  const say = (text: string): void => {
    if (text !== '' && text !== lastText) terminal.say(text);
    lastText = text;
  };
  return {
    show(progress, pace, nowMs) {
      last = progress.legs
        .map((leg) => `${leg.leg} ${legFigures(leg, pace.perSecond(leg.leg), cutOffAtMs - Date.now()).text}`)
        .join(' | ');
      if (nowMs - lastAtMs < LINE_EVERY_MS) return;
      lastAtMs = nowMs;
      say(last);
    },
    end: () => say(last),
  };
}
