/** What does not add up over processes: of these the largest counts. */
const LARGEST = /_(max_seconds|utilization)$/;

interface Family {
  /** `# HELP` and `# TYPE`, as the first process wrote them. */
  readonly head: readonly string[];
  /** By name and labels, in the order of their coming. */
  readonly values: Map<string, number>;
}

/**
 * Makes one exposition text of those of several processes: each series is the sum of theirs, but for figures of a
 * single event loop, of which the largest counts. Pure.
 */
export function mergeScrapes(texts: readonly string[]): string {
  const families = new Map<string, Family>();
  for (const text of texts) addText(families, text);
  return [...families.values()]
    .flatMap(({ head, values }) => [...head, ...[...values].map(([series, value]) => `${series} ${write(value)}`), ''])
    .join('\n');
}

function addText(families: Map<string, Family>, text: string): void {
  let family: Family = { head: [], values: new Map() };
  let head: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('# HELP ')) head = [line];
    else if (line.startsWith('# TYPE ')) {
      const name = line.split(' ')[2] ?? '';
      family = families.get(name) ?? { head: [...head, line], values: new Map() };
      families.set(name, family);
    } else if (line !== '' && !line.startsWith('#')) addLine(family, line);
  }
}

function addLine({ values }: Family, line: string): void {
  const at = line.lastIndexOf(' ');
  const [series, value] = [line.slice(0, at), read(line.slice(at + 1))];
  const before = values.get(series);
  const name = series.split('{')[0] ?? '';
  if (before === undefined) values.set(series, value);
  else values.set(series, LARGEST.test(name) ? Math.max(before, value) : before + value);
}

const read = (text: string): number => (text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text));
const write = (value: number): string => (value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value));
