/**
 * JSON from a gateway, parsed so that nothing is lost on the way: `JSON.parse` alone lets the last of two equal names
 * win and rounds 12.00000000000000000001 to 12, and either could turn a doubtful answer into a definite one.
 *
 * A text that equals what `JSON.stringify` makes of its value holds no such thing; that is the fast way and the common
 * one. Other texts (spaces, escapes) are looked at more closely.
 */
export type ParsedJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

export function parseGatewayJson(text: string): ParsedJson {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    const value: unknown = JSON.parse(json);
    if (JSON.stringify(value) === json) return { ok: true, value };
    if (countNamesInText(json) !== countNamesInValue(value)) {
      return { ok: false, why: 'the answer is JSON in which a name occurs twice in one object' };
    }
    return { ok: true, value: FRACTION_OR_EXPONENT.test(json) ? JSON.parse(json, keepInexactNumbers) : value };
  } catch (error) {
    // A RangeError comes from nesting so deep that the stack ends.
    if (error instanceof SyntaxError || error instanceof RangeError) {
      return { ok: false, why: `the answer is no JSON: ${error.message.slice(0, 120)}` };
    }
    throw error;
  }
}

const FRACTION_OR_EXPONENT = /[:,[]\s*-?\d+[.eE]/;

function countNamesInText(json: string): number {
  let names = 0;
  for (const match of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (match[1] !== undefined) names++;
  return names;
}

function countNamesInValue(value: unknown): number {
  let names = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    const children: unknown[] = Object.values(next);
    if (!Array.isArray(next)) names += children.length;
    for (const child of children) if (typeof child === 'object' && child !== null) open.push(child);
  }
  return names;
}

/** A number that only rounding made an integer stays the text it was, which no amount is equal to. */
function keepInexactNumbers(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value)) return value;
  return isIntegerText(context?.source ?? '') ? value : (context?.source ?? String(value));
}

/** Whether a JSON number's digits stand for an integer: 12, 12.0 and 1.2e1 do; 12.5 and 12.00000000000000000001 do not. */
function isIntegerText(source: string): boolean {
  const match = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source);
  if (!match) return false;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const digits = `${whole}${fraction}`;
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return true;
  return Number(exponent) - fraction.length + (digits.length - significant.length) >= 0;
}
