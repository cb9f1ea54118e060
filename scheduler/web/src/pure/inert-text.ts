/**
 * Text that a program wrote, made safe to look at: what would colour, move, hide or turn round its surroundings becomes a
 * sign that is seen. React shows it as text in any case; this is about what text itself can do.
 */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;
/** Marks that turn the direction of writing, and characters that are not seen at all. */
const DIRECTIONS = /[\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]/g;

const withoutEscapes = (text: string): string => text.replace(ESCAPES, '');

/** Of one line. Tabs stay; a lone carriage return is seen as one. */
export function inertLine(text: string): string {
  return withoutEscapes(text).replace(CONTROLS, pictureOf).replace(DIRECTIONS, codeOf);
}

/** Of several lines: line ends stay. */
export const inertText = (text: string): string => text.split(/\r?\n/).map(inertLine).join('\n');

/** A parameter, result or document of any kind, as text. */
export function inertValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  return inertText(typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? ''));
}

function pictureOf(control: string): string {
  const code = control.charCodeAt(0);
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : codeOf(control);
}

const codeOf = (sign: string): string =>
  `\u2039U+${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}\u203a`;
