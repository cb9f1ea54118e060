import { type ParamSpot, SECRET_NAME, type SecretPlace, writeAt } from '../../shared/protocol/param-secrets.ts';
import { formatDate, formatInstant, patternRefusal } from './param-dates.ts';

/**
 * A job's parameter is a template. `{name}` and `{name:pattern}` of a known name are replaced; every other brace stays as
 * it is, so JSON text passes unchanged. `{{name}` gives a literal `{name}`. What looks like a name (letters alone between
 * braces) and is none is refused when it is read: a typing mistake must not reach a handler.
 */
export const PARAM_NAMES = [
  'businessDate',
  'plannedAt',
  'shardIndex',
  'shardTotal',
  'runId',
  'chainRunId',
  'input',
  'windowFrom',
  'windowTo',
  'result.JOB',
  'secret.NAME',
] as const;

/** What a parameter may speak of. */
export interface ParamFacts {
  /** `YYYY-MM-DD`. */
  readonly businessDate: string;
  /** Epoch ms. */
  readonly plannedAtMs: number;
  /** In which `{plannedAt:pattern}` is written; without a pattern it is ISO 8601 in UTC. */
  readonly zone: string;
  readonly shardIndex: number;
  readonly shardTotal: number;
  readonly runId: number;
  readonly chainRunId: number | null;
  /** The file that the run waited for, or null. */
  readonly input: string | null;
  /** What the run is about in time, epoch ms; null: it is not asked for, or not known. */
  readonly window: { readonly fromMs: number | null; readonly toMs: number } | null;
  /** Results of other nodes of the chain run by job name, parsed. */
  readonly results: ReadonlyMap<string, unknown>;
}

/**
 * Fills in the facts, once: what they bring in is not read again. In JSON text a value between quotes is escaped for them,
 * and one outside is written as JSON, so `{"day": "{businessDate}", "shard": {shardIndex}}` becomes JSON. What is not there
 * (a result that nobody has, `chainRunId` outside a chain) is empty, and `null` outside of quotes in JSON text.
 */
export function renderParam(text: string, facts: ParamFacts): string {
  return renderedParam(text, facts).text;
}

/** What a scheduler has of a parameter: it knows no secrets, and says where its executor is to put them. */
export interface RenderedParam {
  readonly text: string;
  readonly secrets: readonly SecretPlace[];
}

/** As `renderParam`. `{secret.NAME}` stays as it is, with its place beside it. */
export function renderedParam(text: string, facts: ParamFacts): RenderedParam {
  const tokens = tokensOf(text);
  const secrets: SecretPlace[] = [];
  if (tokens.every((token) => token.kind === 'text')) return { text, secrets };
  const json = isJson(fill(tokens, sampleOf));
  const filled = fill(tokens, (form, inQuotes, at) => {
    const spot: ParamSpot = json ? (inQuotes ? 'quoted' : 'json') : 'plain';
    if (!isSecret(form)) return writeAt(spot, factOf(form, facts) ?? null);
    secrets.push({ name: form.name.slice(SECRET.length), at, spot });
    return form.text;
  });
  return { text: filled, secrets };
}

/** Stands in a sample for what nobody knows before the run: alone for any value, inside of a text for a part of it. */
export const UNKNOWN = '\uE000';

/** A parameter as it may come to look, for those who judge it before its run. */
export function sampleParam(text: string): string {
  const tokens = tokensOf(text);
  if (tokens.every((token) => token.kind === 'text')) return text;
  return fill(tokens, (form, inQuotes) => writeAt(inQuotes ? 'quoted' : 'json', sampleFact(form)));
}

const SAMPLE_DATE = '2000-01-01';

function sampleFact({ name, pattern }: Form): unknown {
  if (name === 'businessDate') return formatDate(SAMPLE_DATE, pattern);
  if (isInstant(name)) return formatInstant(Date.parse(SAMPLE_DATE), pattern, 'UTC');
  if (name === 'shardIndex') return 0;
  if (name === 'shardTotal' || name === 'runId') return 1;
  // A secret is a text, whatever it says.
  return name.startsWith(SECRET) ? `${UNKNOWN} ` : UNKNOWN;
}

/** Why a text is no parameter, in words that say what to write instead, or null. */
export function paramRefusal(text: string): string | null {
  for (const token of tokensOf(text)) {
    const refusal = token.kind === 'form' ? formRefusal(token) : null;
    if (refusal !== null) return `has ${token.text}: ${refusal}`;
  }
  return null;
}

function formRefusal({ text, name, pattern }: Form): string | null {
  if (!isKnownName(name)) {
    const known = PARAM_NAMES.map((each) => `{${each}}`).join(', ');
    return `there is no such name; there are ${known}. Write {${text} if it is meant as it stands`;
  }
  if (name.startsWith(SECRET) && !SECRET_NAME.test(name.slice(SECRET.length))) {
    return 'a secret is named by a letter and then letters, digits and "_", 64 at most';
  }
  if (pattern === null) return null;
  if (name === 'businessDate' || isInstant(name)) return patternRefusal(name, pattern);
  return 'only {businessDate}, {plannedAt}, {windowFrom} and {windowTo} take a pattern';
}

/** Whether it takes other nodes' results, which are read for it then. */
export const speaksOfResults = (text: string): boolean => hasForm(text, ({ name }) => name.startsWith(RESULT));

/** Whether it names secrets, which only executors of ours can put in. */
export const speaksOfSecrets = (text: string): boolean => hasForm(text, isSecret);

/** Whether it takes the window, for which its schedule is asked. */
export const speaksOfWindow = (text: string): boolean =>
  hasForm(text, ({ name }) => name === 'windowFrom' || name === 'windowTo');

const hasForm = (text: string, fits: (form: Form) => boolean): boolean =>
  text.includes('{') && tokensOf(text).some((token) => token.kind === 'form' && fits(token));

interface Form {
  readonly kind: 'form';
  readonly text: string;
  readonly name: string;
  readonly pattern: string | null;
}
type Token = Form | { readonly kind: 'text' | 'literal'; readonly text: string };

const RESULT = 'result.';
const SECRET = 'secret.';
// A colon is behind a name that takes a pattern, or in front of what could only be meant for one.
const FORM =
  /(\{?)\{(?:(businessDate|plannedAt|windowFrom|windowTo):([^{}"]*)|([A-Za-z]+)(:[yMdHmsS]+)?|((?:result|secret)\.[A-Za-z0-9._-]+))\}/g;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let from = 0;
  for (const match of text.matchAll(FORM)) {
    const [whole, brace, dated, datePattern, name, pattern, result] = match;
    if (match.index > from) tokens.push({ kind: 'text', text: text.slice(from, match.index) });
    if (brace === '{') tokens.push({ kind: 'literal', text: whole.slice(1) });
    else {
      const named = dated ?? name ?? result ?? '';
      tokens.push({ kind: 'form', text: whole, name: named, pattern: datePattern ?? pattern?.slice(1) ?? null });
    }
    from = match.index + whole.length;
  }
  if (from < text.length) tokens.push({ kind: 'text', text: text.slice(from) });
  return tokens;
}

const isKnownName = (name: string): boolean =>
  name.startsWith(RESULT) || name.startsWith(SECRET) || (PARAM_NAMES as readonly string[]).includes(name);

const isSecret = ({ name }: Form): boolean => name.startsWith(SECRET);
const isInstant = (name: string): name is 'plannedAt' | 'windowFrom' | 'windowTo' =>
  name === 'plannedAt' || name === 'windowFrom' || name === 'windowTo';

/** Forms hold no quotes, so only the text between them opens and closes strings. */
function fill(tokens: readonly Token[], valueFor: (form: Form, inQuotes: boolean, at: number) => string): string {
  let inQuotes = false;
  let filled = '';
  for (const token of tokens) {
    if (token.kind === 'text') inQuotes = endsInQuotes(token.text, inQuotes);
    filled += token.kind === 'form' ? valueFor(token, inQuotes, filled.length) : token.text;
  }
  return filled;
}

const sampleOf = (_form: Form, inQuotes: boolean): string => (inQuotes ? '' : '0');

/** An object, a list or a text. A number alone is a text like any other. */
function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' || typeof value === 'string';
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** A backslash takes the meaning of the character behind it, a quote's too. */
function endsInQuotes(text: string, inQuotes: boolean): boolean {
  let inside = inQuotes;
  for (let at = 0; at < text.length; at++) {
    if (inside && text[at] === '\\') at += 1;
    else if (text[at] === '"') inside = !inside;
  }
  return inside;
}

function factOf({ text, name, pattern }: Form, facts: ParamFacts): unknown {
  switch (name) {
    case 'businessDate':
      return formatDate(facts.businessDate, pattern);
    case 'plannedAt':
      return formatInstant(facts.plannedAtMs, pattern, facts.zone);
    case 'windowFrom':
      return instantOrNull(facts.window?.fromMs ?? null, pattern, facts.zone);
    case 'windowTo':
      return instantOrNull(facts.window?.toMs ?? null, pattern, facts.zone);
    case 'shardIndex':
    case 'shardTotal':
    case 'runId':
    case 'chainRunId':
    case 'input':
      return facts[name];
    default:
      // An unknown name was refused where it was read; should one come by all the same, the handler sees it.
      return name.startsWith(RESULT) ? resultAt(facts.results, name.slice(RESULT.length)) : text;
  }
}

const instantOrNull = (atMs: number | null, pattern: string | null, zone: string): string | null =>
  atMs === null ? null : formatInstant(atMs, pattern, zone);

/** Job names may hold dots: the longest name that has a result wins, the rest is the path into it. */
function resultAt(results: ReadonlyMap<string, unknown>, path: string): unknown {
  const parts = path.split('.');
  for (let length = parts.length; length > 0; length--) {
    const job = parts.slice(0, length).join('.');
    if (results.has(job)) return parts.slice(length).reduce(member, results.get(job));
  }
  return null;
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
  return (value as Readonly<Record<string, unknown>>)[key];
}
