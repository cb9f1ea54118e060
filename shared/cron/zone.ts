import { DaybreakError } from '../errors.ts';
import { DAY_MS, SECOND_MS } from './civil.ts';
import type { ClockChange } from './cron-expression.ts';

/** A stretch of time in which the clocks of a zone run at one offset. It may be cut where a block of the cache ends. */
export interface Stretch {
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  /** Local time minus UTC. */
  readonly offsetMs: number;
}

/** What is known of a zone. Asking Intl takes about a microsecond; asking the blocks some nanoseconds. */
export interface Zone {
  readonly name: string;
  readonly format: Intl.DateTimeFormat;
  /** By number: each BLOCK_MS long, counted from 1970. At most 213, because only 1969 to 2200 is ever asked for. */
  readonly blocks: Map<number, readonly Stretch[]>;
}

/** Instants outside are treated as these: no expression fires there. */
export const FIRST_INSTANT_MS = Date.UTC(1970, 0, 1) - 2 * DAY_MS;
export const LAST_INSTANT_MS = Date.UTC(2200, 0, 1) + 2 * DAY_MS;

const BLOCK_MS = 400 * DAY_MS;
// No zone has changed its clocks twice in less than 6.9 days since 1970 (tzdata 2026), so three days hold one change.
const PROBE_MS = 3 * DAY_MS;
// A zone with all its blocks holds some 700 stretches, 60 kB; there are about 600 names.
const ZONES_MAX = 64;

const zones = new Map<string, Zone>();

/** @throws DaybreakError BAD_INPUT when Intl does not know the name, or it is an offset such as +08:00. */
export function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const made: Zone = { name, format: formatOf(name), blocks: new Map() };
  const [oldest] = zones.keys();
  if (zones.size >= ZONES_MAX && oldest !== undefined) zones.delete(oldest);
  zones.set(name, made);
  return made;
}

/** Local time minus UTC at an instant. */
export function offsetAt(zone: Zone, atMs: number): number {
  return stretchAt(zone, atMs).offsetMs;
}

/** The stretch that holds the instant. */
export function stretchAt(zone: Zone, atMs: number): Stretch {
  const bounded = Math.min(Math.max(atMs, FIRST_INSTANT_MS), LAST_INSTANT_MS);
  const number = Math.floor(bounded / BLOCK_MS);
  let block = zone.blocks.get(number);
  if (block === undefined) {
    block = readBlock(zone, number * BLOCK_MS);
    zone.blocks.set(number, block);
  }
  for (const stretch of block) if (bounded < stretch.endMs) return stretch;
  throw new DaybreakError('INVARIANT_BROKEN', `no stretch of ${zone.name} holds ${atMs}`);
}

/** The changes in (fromMs, toMs]. */
export function clockChanges(zone: Zone, fromMs: number, toMs: number): ClockChange[] {
  const changes: ClockChange[] = [];
  let before = stretchAt(zone, fromMs);
  while (before.endMs <= Math.min(toMs, LAST_INSTANT_MS)) {
    const after = stretchAt(zone, before.endMs);
    if (after.offsetMs !== before.offsetMs) {
      changes.push({ atMs: after.startMs, offsetBeforeMs: before.offsetMs, offsetAfterMs: after.offsetMs });
    }
    before = after;
  }
  return changes;
}

function readBlock(zone: Zone, startMs: number): Stretch[] {
  const endMs = startMs + BLOCK_MS;
  const stretches: Stretch[] = [];
  let current = { startMs, offsetMs: askOffset(zone, startMs) };
  for (let low = startMs; low < endMs; low += PROBE_MS) {
    const high = Math.min(low + PROBE_MS, endMs);
    const offsetMs = askOffset(zone, high);
    if (offsetMs === current.offsetMs) continue;
    const changeMs = findChange(zone, low, high, offsetMs);
    stretches.push({ ...current, endMs: changeMs });
    current = { startMs: changeMs, offsetMs };
  }
  stretches.push({ ...current, endMs });
  return stretches;
}

/** The first whole second in (low, high] with the offset that holds at `high`. */
function findChange(zone: Zone, lowMs: number, highMs: number, offsetMs: number): number {
  let low = lowMs / SECOND_MS;
  let high = highMs / SECOND_MS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (askOffset(zone, middle * SECOND_MS) === offsetMs) high = middle;
    else low = middle;
  }
  return high * SECOND_MS;
}

function askOffset({ name, format }: Zone, atMs: number): number {
  const shown = format.format(atMs);
  const found = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(shown);
  if (found === null) throw new DaybreakError('INVARIANT_BROKEN', `Intl shows the offset of ${name} as "${shown}"`);
  const [, sign, hours = 0, minutes = 0, seconds = 0] = found;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return (sign === '-' ? -size : size) * SECOND_MS;
}

function formatOf(name: string): Intl.DateTimeFormat {
  const wayOut = 'write the name of the IANA database, such as Asia/Shanghai or UTC';
  const refusal = (cause?: unknown): DaybreakError =>
    new DaybreakError('BAD_INPUT', `"${name}" is no time zone known here; ${wayOut}`, {
      details: { zone: name },
      cause,
    });
  if (!/^[A-Za-z]/.test(name)) throw refusal();
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      timeZoneName: 'longOffset',
    });
  } catch (error) {
    if (error instanceof RangeError) throw refusal(error);
    throw error;
  }
}
