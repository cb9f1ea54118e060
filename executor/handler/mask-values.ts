import type { AttemptOutcome } from './attempt.ts';
import type { AttemptLog } from './run-handler.ts';

/** Writes a mask in place of every one of some values, wherever a text has it. */
export type MaskText = (text: string) => string;

const MASK = '***';
/** A value that was cut off is known by so many characters of its beginning; a shorter one only whole. */
const HEAD_CHARS = 24;
/** A line of a value of many lines (a key in PEM) is masked alone from this length on. */
const LINE_CHARS_MIN = 8;

/** Values as they may stand in a log: as they are, inside of JSON, inside of a URL, and line by line. */
export function maskValues(values: readonly string[]): MaskText {
  const forms = new Set<string>();
  for (const value of values) {
    for (const part of [value, ...value.split(/\r?\n/).filter((line) => line.length >= LINE_CHARS_MIN)]) {
      for (const form of [part, JSON.stringify(part).slice(1, -1), encodeURIComponent(part)]) forms.add(form);
    }
  }
  // The longest first: a value that holds another one is masked as a whole.
  const byLength = [...forms].filter((form) => form !== '').sort((a, b) => b.length - a.length);
  return (text) => byLength.reduce(maskForm, text);
}

function maskForm(text: string, form: string): string {
  const head = form.slice(0, HEAD_CHARS);
  let masked = '';
  let from = 0;
  for (let at = text.indexOf(head); at >= 0; at = text.indexOf(head, from)) {
    let end = at + head.length;
    while (end < text.length && end - at < form.length && text[end] === form[end - at]) end += 1;
    masked += text.slice(from, at) + MASK;
    from = end;
  }
  return masked + text.slice(from);
}

/** What leaves the node of an attempt. Its result stays JSON. */
export const maskOutcome = (outcome: AttemptOutcome, mask: MaskText): AttemptOutcome => ({
  ...outcome,
  message: mask(outcome.message),
  result: outcome.result === null ? null : JSON.stringify(maskJson(JSON.parse(outcome.result), mask)),
});

function maskJson(value: unknown, mask: MaskText): unknown {
  if (typeof value === 'string') return mask(value);
  // A secret of digits may have become a number.
  if (typeof value === 'number') return mask(String(value)) === String(value) ? value : MASK;
  if (Array.isArray(value)) return value.map((part) => maskJson(part, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [mask(name), maskJson(part, mask)]));
}

export const maskLog = (log: AttemptLog, mask: MaskText): AttemptLog => ({
  info: (message) => log.info(mask(message)),
  warn: (message) => log.warn(mask(message)),
  error: (message) => log.error(mask(message)),
  stack: (error) => log.stack(maskError(error, mask)),
  end: (message) => log.end(mask(message)),
  flushed: () => log.flushed(),
});

function maskError(error: unknown, mask: MaskText, depth = 0): unknown {
  if (!(error instanceof Error)) return mask(String(error));
  const masked = new Error(mask(error.message));
  masked.name = error.name;
  masked.stack = mask(error.stack ?? `${error.name}: ${error.message}`);
  if (error.cause !== undefined && depth < 5) masked.cause = maskError(error.cause, mask, depth + 1);
  return masked;
}
