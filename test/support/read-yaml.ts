/**
 * As much of YAML as deploy/compose.yaml is written in: maps by indentation, lists (`- x` and `["x"]`), plain and quoted
 * scalars, anchors on maps, aliases in `<<`, comments. Throws at the first line that is anything else.
 */
export type Yaml = string | null | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly no: number;
  readonly indent: number;
  readonly text: string;
}

export function readYaml(text: string): { readonly [key: string]: Yaml } {
  const lines = text.split('\n').flatMap((raw, at): Line[] => {
    const stripped = raw.replace(/(^|\s)#.*$/, '').trimEnd();
    if (stripped.trim() === '') return [];
    if (stripped.includes('\t')) throw new SyntaxError(`line ${at + 1} has a tab`);
    return [{ no: at + 1, indent: stripped.length - stripped.trimStart().length, text: stripped.trim() }];
  });
  const anchors = new Map<string, Record<string, Yaml>>();
  let next = 0;

  function readBlock(indent: number): Yaml {
    return lines[next]?.text.startsWith('- ') ? readList(indent) : readMap(indent);
  }

  function readList(indent: number): Yaml[] {
    const list: Yaml[] = [];
    for (let line = lines[next]; line?.indent === indent && line.text.startsWith('- '); line = lines[next]) {
      next += 1;
      list.push(readScalar(line.text.slice(2), line));
    }
    return list;
  }

  function readMap(indent: number, into: Record<string, Yaml> = {}): Record<string, Yaml> {
    for (let line = lines[next]; line?.indent === indent; line = lines[next]) {
      const [, key, rest = ''] = /^([\w<.-]+):(?:\s+(.*))?$/.exec(line.text) ?? [];
      if (key === undefined) throw new SyntaxError(`line ${line.no} is no "key: value": ${line.text}`);
      next += 1;
      if (key === '<<') {
        const merged = anchors.get(rest.slice(1));
        if (!rest.startsWith('*') || merged === undefined) throw new SyntaxError(`line ${line.no}: no anchor ${rest}`);
        for (const [name, value] of Object.entries(merged)) into[name] ??= value;
        continue;
      }
      if (Object.hasOwn(into, key) && !isMerged(into, key)) throw new SyntaxError(`line ${line.no}: ${key} twice`);
      into[key] = readValue(rest, line);
      own(into).add(key);
    }
    const following = lines[next];
    if (following !== undefined && following.indent > indent) throw new SyntaxError(`line ${following.no} is indented`);
    return into;
  }

  function readValue(rest: string, line: Line): Yaml {
    const below = lines[next];
    if (rest !== '' && !rest.startsWith('&')) return readScalar(rest, line);
    if (below === undefined || below.indent <= line.indent) return null;
    if (rest === '') return readBlock(below.indent);
    const map: Record<string, Yaml> = {};
    anchors.set(rest.slice(1), map);
    return readMap(below.indent, map);
  }

  const map = readMap(0);
  if (next < lines.length) throw new SyntaxError(`line ${lines[next]?.no} cannot be read`);
  return map;
}

/** Which keys of a map are its own: what was merged into it may be given anew. */
const ownKeys = new WeakMap<object, Set<string>>();
const own = (map: object): Set<string> => {
  const keys = ownKeys.get(map) ?? new Set<string>();
  ownKeys.set(map, keys);
  return keys;
};
const isMerged = (map: object, key: string): boolean => !own(map).has(key);

function readScalar(text: string, { no }: Line): Yaml {
  if (text.startsWith('[') || text.startsWith('"')) return JSON.parse(text) as Yaml;
  if (/^[{&*!|>%@`']/.test(text) || /:\s/.test(text)) throw new SyntaxError(`line ${no}: ${text} is not read here`);
  return text;
}
