/**
 * Sentences that the scheduler and its executors word in English, because databases, logs and shells keep them so, worded
 * again in the language of the page. A catalogue has each sentence as it stands in the server's source, with its places:
 *
 * - `{path}` is anything, shown as it came;
 * - `{#n}` is a number, `{@job}` a name or address, without blanks, `{~at}` an instant as the server writes it;
 * - `{^code}` is the code of an error;
 * - `{>why}` is a sentence again, or several of them with `; ` between, and `{!why}` one that the catalogue has;
 * - `{is|are}` is one of these words.
 *
 * A sentence of which the catalogue knows nothing is shown as it came: it is a handler's own, or of a newer scheduler.
 */
export type Sentences = Readonly<Record<string, string>>;

/** Gives a sentence in the language of the catalogue. */
export type Wording = (sentence: string) => string;

interface Pattern {
  readonly head: string;
  readonly shape: RegExp;
  readonly places: readonly Place[];
  readonly answer: string;
}
interface Place {
  readonly name: string;
  readonly kind: string;
}

const PLACE = /\{(?:([#@~^>!]?)(\w+)|([^{}|]*(?:\|[^{}|]*)+))\}/g;
/** What may stand at a place of each kind; anything, where none is named. */
const SHAPES: Readonly<Record<string, string>> = {
  '#': '(-?\\d[\\d.,]*)',
  '@': '([^\\s"]+)',
  '~': '(\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z)',
  '^': '([A-Z][A-Z0-9_]+)',
};
/** Where in a list the next one begins: what the one before it says last may be a person's words, `; ` among them. */
const NEXT = new RegExp(
  [
    /(?:shard \d+|beforeRun|afterRun) \w+: /,
    /and \d+ more$/,
    /another branch stood in for /,
    /[\w.-]+>[\w.-]+: /,
    /"[\w.]+" (?:is|must) /,
  ]
    .map(({ source }) => `; (?=${source})`)
    .join('|'),
);
/** A page shows the same few sentences again and again. */
const KEPT_MAX = 1_000;
/** Longer ones are texts of a program. */
const CHARS_MAX = 4_000;
const PIECES_MAX = 12;

/** @param showInstant an instant as the page shows its own, of one in UTC */
export function wordingBy(catalogue: Sentences, showInstant: Wording): Wording {
  // What says more of itself is asked first: `waits for {>runs} of the job` before `waits for {path}`, and before all
  // of them a sentence after its code.
  const patterns = Object.keys(catalogue)
    .sort((one, other) => plainLength(other) - plainLength(one))
    .map((sentence) => patternOf(sentence, catalogue[sentence] ?? ''));
  const kept = new Map<string, string>();
  const recognise = (sentence: string): string | null => {
    for (const pattern of patterns) {
      if (!sentence.startsWith(pattern.head)) continue;
      const found = pattern.shape.exec(sentence);
      if (found === null) continue;
      const said = fill(pattern, found.slice(1), { say, showInstant });
      if (said !== null) return said;
    }
    return null;
  };
  const say: Wording = (sentence) => {
    if (sentence === '' || sentence.length > CHARS_MAX) return sentence;
    const before = kept.get(sentence);
    if (before !== undefined) return before;
    const listed = sentence.split(NEXT);
    const said =
      listed.length > 1 ? listed.map(say).join('；') : (recognise(sentence) ?? sayPieces(sentence, recognise));
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(sentence, said);
    return said;
  };
  return say;
}

/** How a sentence of a catalogue stands in the source: its places as `{}`, one for each of the words it may have. */
export function skeletonsOf(sentence: string): string[] {
  const [place] = sentence.match(/\{[^{}|]*(?:\|[^{}|]*)+\}/) ?? [];
  if (place === undefined) return [sentence.replace(PLACE, '{}')];
  return place
    .slice(1, -1)
    .split('|')
    .flatMap((word) => skeletonsOf(sentence.replace(place, () => word)));
}

function patternOf(sentence: string, answer: string): Pattern {
  const places: Place[] = [];
  let shape = '';
  let end = 0;
  for (const found of sentence.matchAll(PLACE)) {
    const [whole, kind = '', name, words] = found;
    shape += escaped(sentence.slice(end, found.index));
    end = found.index + whole.length;
    if (name === undefined) {
      shape += `(?:${(words ?? '').split('|').map(escaped).join('|')})`;
    } else {
      shape += SHAPES[kind] ?? '(.*?)';
      places.push({ name, kind });
    }
  }
  const head = sentence.split('{', 1)[0] ?? '';
  return { head, shape: new RegExp(`^${shape}${escaped(sentence.slice(end))}$`, 's'), places, answer };
}

/** Null: one of its places has to be a sentence that is known, and is none. */
function fill(
  { places, answer }: Pattern,
  values: readonly string[],
  { say, showInstant }: { readonly say: Wording; readonly showInstant: Wording },
): string | null {
  const said = new Map<string, string>();
  for (const [at, { name, kind }] of places.entries()) {
    const value = values[at] ?? '';
    const text = kind === '~' ? showInstant(value) : kind === '>' || kind === '!' ? say(value) : value;
    if (kind === '!' && text === value) return null;
    said.set(name, text);
  }
  return answer.replace(/\{(\w+)\}/g, (whole, name: string) => said.get(name) ?? whole);
}

/** Several that know nothing of each other, such as what is wrong with a field. */
function sayPieces(sentence: string, recognise: (part: string) => string | null): string {
  const pieces = sentence.split('; ');
  if (pieces.length > PIECES_MAX) return sentence;
  const said = pieces.map((piece) => recognise(piece));
  return said.reduce<string>((all, text, at) => {
    const piece = text ?? pieces[at] ?? '';
    if (at === 0) return piece;
    return `${all}${text === null && said[at - 1] === null ? '; ' : '；'}${piece}`;
  }, '');
}

const plainLength = (sentence: string): number =>
  sentence.startsWith('{^') ? Infinity : sentence.replace(PLACE, '').length;
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
