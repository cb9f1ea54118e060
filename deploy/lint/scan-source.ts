/** A source file cut into what runs and what is only said, both as long as the original, so that offsets agree. */
export type ScannedSource = {
  /** The text with comments and the insides of strings, templates and regular expressions blanked. */
  readonly code: string;
  /** The text with everything but comments blanked. */
  readonly comments: string;
};

// TypeScript 7 has no programmatic interface, and a regular expression over raw text would find imports in comments and
// bans in messages. This small scanner knows just enough of the language to tell them apart.
export function scanSource(text: string): ScannedSource {
  const code = text.split('');
  const comments = text.replace(/[^\n]/g, ' ').split('');
  // For each open `${`, how many braces are open inside it.
  const templateBraces: number[] = [];
  let at = 0;

  const blank = (from: number, to: number) => {
    for (let i = from; i < to; i += 1) if (code[i] !== '\n') code[i] = ' ';
  };
  const takeComment = (end: number) => {
    for (let i = at; i < end; i += 1) comments[i] = text[i] as string;
    blank(at, end);
    at = end;
  };
  const takeTemplate = () => {
    const end = endOfTemplate(text, at);
    blank(at, end.isOpen ? end.at - 2 : end.at - 1);
    if (end.isOpen) templateBraces.push(0);
    at = end.at;
  };

  while (at < text.length) {
    const char = text[at];
    const two = text.slice(at, at + 2);
    if (two === '//') takeComment(indexOrEnd(text, '\n', at));
    else if (two === '/*') takeComment(Math.min(indexOrEnd(text, '*/', at + 2) + 2, text.length));
    else if (char === "'" || char === '"') {
      const end = endOfString(text, at);
      blank(at + 1, end - 1);
      at = end;
    } else if (char === '`') {
      at += 1;
      takeTemplate();
    } else if (char === '/' && startsRegExp(code, at)) {
      const end = endOfRegExp(text, at);
      blank(at + 1, end - 1);
      at = end;
    } else {
      at += 1;
      if (templateBraces.length === 0) continue;
      const depth = templateBraces.length - 1;
      if (char === '{') templateBraces[depth] = (templateBraces[depth] as number) + 1;
      if (char === '}' && templateBraces[depth] === 0) {
        templateBraces.pop();
        takeTemplate();
      } else if (char === '}') templateBraces[depth] = (templateBraces[depth] as number) - 1;
    }
  }
  return { code: code.join(''), comments: comments.join('') };
}

/** The 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function indexOrEnd(text: string, wanted: string, from: number): number {
  const index = text.indexOf(wanted, from);
  return index === -1 ? text.length : index;
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === text[start] || text[i] === '\n') return i + 1;
  }
  return text.length;
}

function endOfTemplate(text: string, start: number): { at: number; isOpen: boolean } {
  for (let i = start; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '`') return { at: i + 1, isOpen: false };
    else if (text.startsWith('${', i)) return { at: i + 2, isOpen: true };
  }
  return { at: text.length, isOpen: false };
}

function endOfRegExp(text: string, start: number): number {
  let isInClass = false;
  for (let i = start + 1; i < text.length; i += 1) {
    const char = text[i];
    if (char === '\\') i += 1;
    else if (char === '\n') return i;
    else if (char === '[') isInClass = true;
    else if (char === ']') isInClass = false;
    else if (char === '/' && !isInClass) return i + 1;
  }
  return text.length;
}

// A slash divides after a value and opens a regular expression after anything else.
function startsRegExp(code: readonly string[], at: number): boolean {
  let before = at - 1;
  while (before >= 0 && /\s/.test(code[before] as string)) before -= 1;
  if (before < 0) return true;
  if (!/[\w$)\]}'"`]/.test(code[before] as string)) return true;
  const word = /[\w$]+$/.exec(code.slice(Math.max(0, before - 12), before + 1).join(''))?.[0] ?? '';
  return /^(return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)$/.test(word);
}
