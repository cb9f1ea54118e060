import { isTimeZone } from '../../shared/business-date.ts';
import { DaybreakError } from '../../shared/errors.ts';
import { heldAddress } from '../../shared/protocol/hold.ts';
import { maskUrl } from '../../shared/secrets.ts';
import type { ExecutorOptions } from './executor-options.ts';

const HELD_ADDRESS_CHARS_MAX = 100;
const SAMPLE_TOKENS: readonly string[] = ['default_token', 'changeme', 'change-me', 'secret', 'password', 'token'];

/** Throws BAD_OPTION with a sentence that names the option and the way out. */
export function checkExecutorOptions(options: ExecutorOptions, schedulers: readonly string[]): void {
  if (options.accessToken !== undefined) checkToken(options.accessToken);
  if (typeof options.previousAccessToken === 'string') checkToken(options.previousAccessToken);
  if (!/^\S(.{0,62}\S)?$/.test(options.appname)) refuse('appname', 'give 1 to 64 characters');
  // A node that joins may know them from an earlier start.
  const mustBeNamed = options.accessToken !== undefined || options.schedulers !== undefined;
  if (mustBeNamed && schedulers.length === 0) refuse('schedulers', 'give the address of at least one');
  for (const url of schedulers) checkHttpUrl('schedulers', url);
  if (options.advertisedAddress !== undefined) checkHttpUrl('advertisedAddress', options.advertisedAddress);
  checkHold(options);
  checkWorkers(options);
  checkLabels(options.labels ?? {});
  checkWhole('port', options.port, 0, 65_535);
  checkWhole('slots', options.slots, 1, 10_000);
  checkWhole('queueMax', options.queueMax, 1, 1_000_000);
  checkWhole('slotsPerJob', options.slotsPerJob, 1, 10_000);
  checkWhole('heartbeatIntervalMs', options.heartbeatIntervalMs, 100, 60_000);
  checkWhole('schedulerTimeoutMs', options.schedulerTimeoutMs, 1, 60_000);
  checkWhole('stopGraceMs', options.stopGraceMs, 0, 3_600_000);
  checkWhole('keepDays', options.keepDays, 1, 36_500);
  checkWhole('runLogBytesMax', options.runLogBytesMax, 1_024, 2 ** 40);
  checkWhole('runLogLinesMax', options.runLogLinesMax, 10, 2 ** 40);
  checkWhole('runLogsTotalBytesMax', options.runLogsTotalBytesMax, 0, 2 ** 50);
  checkTimeZone(options.timeZone ?? 'UTC');
}

function checkToken(token: string): void {
  const bytes = Buffer.byteLength(token);
  if (bytes < 32) {
    refuse('accessToken', `it has ${bytes} bytes and needs 32 or more: make one with "openssl rand -hex 32"`);
  }
  const plain = token.toLowerCase();
  const sample = SAMPLE_TOKENS.some((word) => plain.replaceAll(word, '').replace(/[^a-z0-9]/g, '') === '');
  if (sample || new Set(token).size < 8) {
    refuse('accessToken', 'it is a sample or repeats itself: make one with "openssl rand -hex 32"');
  }
}

export function checkHttpUrl(option: string, url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.search !== '') {
    refuse(option, `"${maskUrl(url)}" must be like http://10.0.0.5:8080 (no user, no query)`);
  }
}

function checkHold({ appname, hold = false, advertisedAddress }: ExecutorOptions): void {
  if (hold === false) return;
  if (advertisedAddress !== undefined)
    refuse('advertisedAddress', 'a node that holds lines has no address: leave it out');
  const { id, pollMs } = hold === true ? {} : hold;
  if (id !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(id)) {
    refuse('hold.id', `"${id.slice(0, 80)}" must be 1 to 64 letters, digits, _ and -`);
  }
  checkWhole('hold.pollMs', pollMs, 1_000, 55_000);
  // Leases are held under the address and what follows it, in columns of 128 characters.
  if (heldAddress(appname, id ?? 'x'.repeat(26)).length > HELD_ADDRESS_CHARS_MAX) {
    const option = id === undefined ? 'appname' : 'hold.id';
    refuse(option, `the address held://appname/id/ is longer than ${HELD_ADDRESS_CHARS_MAX}: shorten one of the two`);
  }
}

function checkWorkers({ processes, workerModule, handlers }: ExecutorOptions): void {
  checkWhole('processes', processes, 1, 256);
  const theirs = handlers.find(({ isolation }) => isolation === 'workers');
  if (processes === undefined && theirs !== undefined) {
    refuse('processes', `handler "${theirs.name}" runs in worker processes: say how many`);
  }
  if (processes === undefined && workerModule !== undefined) refuse('processes', 'say how many, or drop workerModule');
  if (processes !== undefined && !String(workerModule ?? '').startsWith('file:')) {
    const given = workerModule === undefined ? 'it is missing' : `"${String(workerModule)}" is none`;
    refuse('workerModule', `give a file: URL, e.g. new URL('./worker.ts', import.meta.url); ${given}`);
  }
}

function checkTimeZone(timeZone: string): void {
  if (!isTimeZone(timeZone)) refuse('timeZone', `"${timeZone}" is no time zone: write it like Asia/Shanghai`);
}

function checkLabels(labels: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(labels);
  if (pairs.length > 32) refuse('labels', `${pairs.length} are more than 32`);
  for (const [name, value] of pairs) {
    if (name === '' || name.length > 64) refuse('labels', `"${name.slice(0, 80)}" must have 1 to 64 characters`);
    if (typeof value !== 'string' || value.length > 255) refuse('labels', `${name} must be a text of at most 255`);
  }
}

function checkWhole(option: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
  refuse(option, `${value} must be a whole number from ${min} to ${max}`);
}

function refuse(option: string, why: string): never {
  throw new DaybreakError('BAD_OPTION', `executor option ${option}: ${why}`, { details: { option } });
}
