/**
 * The text of a program as it is looked at. Nothing of it is left out, as colours for terminals are elsewhere: between two
 * of their signs a command could hide. What is not seen, or turns the direction of writing, becomes a sign that is seen.
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00a0\u115f\u1160\u3164\uffa0\p{Cf}\p{Zl}\p{Zp}]/gu;

export const codeLine = (line: string): string => line.replace(UNSEEN, signOf);

/** Lines end with LF; a CR before it is seen, because an interpreter sees it, too. */
export const codeLines = (text: string): string[] => text.split('\n');

function signOf(sign: string): string {
  if (sign === '\r') return '\u2039CR\u203a';
  // Not the pictures that there are of some: many fonts have one box for all of them.
  return `\u2039U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}\u203a`;
}

/** Lines with signs that one does not see while editing, by their numbers; a CR at the end is another matter. */
export function unseenSigns(text: string): { readonly line: number; readonly signs: string }[] {
  return codeLines(text).flatMap((line, at) => {
    const found = line.replace(/\r$/, '').match(UNSEEN);
    return found === null ? [] : [{ line: at + 1, signs: [...new Set(found.map(signOf))].join(' ') }];
  });
}

export type LineEnds = 'lf' | 'crlf' | 'mixed';

export function lineEndsOf(text: string): LineEnds {
  const [all, windows] = [text.match(/\r\n|\r|\n/g)?.length ?? 0, text.match(/\r\n/g)?.length ?? 0];
  if (windows > 0 && windows === all) return 'crlf';
  return text.includes('\r') ? 'mixed' : 'lf';
}

/** A field of several lines has LF in any case; with CR LF the text gets it back when it leaves the field. */
export const toField = (text: string): string => text.replace(/\r\n?/g, '\n');
export const fromField = (text: string, hasCr: boolean): string => (hasCr ? text.replaceAll('\n', '\r\n') : text);

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
