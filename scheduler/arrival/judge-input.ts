import type { Arrival } from '../definition/job-definition.ts';
import type { Sighting } from './input-files.ts';

/** What was noted of a file at the last look. */
export interface InputNote {
  readonly seenSize: number | null;
  readonly seenChangedAt: number | null;
  /** Since when both are what they are, by the store's clock. */
  readonly stillSince: number | null;
}

export interface InputFacts {
  readonly arrival: Pick<Arrival, 'stableMs'>;
  readonly path: string;
  readonly sighting: Sighting;
  /** Null: there is none, the file has to stand still instead. */
  readonly marker: { readonly path: string; readonly sighting: Sighting } | null;
  readonly note: InputNote;
  readonly nowMs: number;
}

export interface InputVerdict {
  /** It is whole, as far as can be seen: it may be hashed and taken. */
  readonly ready: boolean;
  /** In words, for whoever looks at the run. It names no size and no time, so it changes seldom. */
  readonly reason: string;
  readonly note: InputNote;
}

const NOTHING_SEEN: InputNote = { seenSize: null, seenChangedAt: null, stillSince: null };

/** Whether a file has arrived: its marker says so, or its size and time of change have stood still for long enough. */
export function judgeInput({ arrival, path, sighting, marker, note, nowMs }: InputFacts): InputVerdict {
  if (sighting.kind === 'absent') return { ready: false, reason: `waits for ${path}`, note: NOTHING_SEEN };
  if (sighting.kind === 'refused')
    return { ready: false, reason: `waits for ${path}: ${sighting.why}`, note: NOTHING_SEEN };
  const same = note.seenSize === sighting.bytes && note.seenChangedAt === sighting.changedAtMs;
  const stillSince = same && note.stillSince !== null ? note.stillSince : nowMs;
  const seen = { seenSize: sighting.bytes, seenChangedAt: sighting.changedAtMs, stillSince };
  if (marker !== null) {
    if (marker.sighting.kind === 'there') return { ready: true, reason: `${path} has come`, note: seen };
    const why = marker.sighting.kind === 'refused' ? `: ${marker.sighting.why}` : '';
    return { ready: false, reason: `${path} is there; waits for ${marker.path}${why}`, note: seen };
  }
  const ready = same && nowMs - stillSince >= arrival.stableMs;
  const words = `${path} is there; it has to stand still for ${arrival.stableMs} ms`;
  return { ready, reason: ready ? `${path} has come` : words, note: seen };
}
