import { type Chain, type ChainDefinition, readChain } from '../../definition/chain-definition.ts';
import { canonicalJson } from '../../definition/config-hash.ts';
import { type Job, type JobDefinition, readJob } from '../../definition/job-definition.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A job without its defaults and its id, which belongs to one store. Read again it is the same job. */
export function trimJob(job: Job): Omit<JobDefinition, 'id'> {
  const { configHash: _, id, ...full } = job;
  const plain = readJob({
    id,
    name: job.name,
    group: job.group,
    route: job.route,
    glueType: job.glueType,
    ...(job.glueType === 'BEAN' ? { handler: job.handler } : {}),
    ...(job.tellsSettled ? { tellsSettled: true } : {}),
  });
  const always = ['name', 'group', job.glueType === 'BEAN' ? 'handler' : 'glueType', 'route'];
  if (job.tellsSettled) always.push('tellsSettled');
  return trimmed(full, plain as unknown as Fields, always) as unknown as Omit<JobDefinition, 'id'>;
}

/** The same of a chain. */
export function trimChain(chain: Chain, jobs: ReadonlyMap<string, Job>): ChainDefinition {
  const { configHash: _, ...full } = chain;
  const [node = ''] = chain.nodes;
  const plain = readChain({ name: chain.name, nodes: [node], edges: [] }, jobs);
  return trimmed(full, plain as unknown as Fields, ['name', 'nodes', 'edges']) as unknown as ChainDefinition;
}

/** Objects whose fields have defaults of their own. */
const NESTED: ReadonlySet<string> = new Set(['retry', 'limits', 'misfire', 'businessDate']);

/** First what it always has, in that order, as people write it. */
function trimmed(full: Fields, plain: Fields, always: readonly string[]): Fields {
  const kept = Object.entries(full).flatMap(([name, value]): [string, unknown][] => {
    if (always.includes(name) || isSame(value, plain[name])) return [];
    return [[name, NESTED.has(name) ? differing(value as Fields, plain[name] as Fields) : value]];
  });
  return Object.fromEntries([...always.map((name): [string, unknown] => [name, full[name]]), ...kept]);
}

const differing = (value: Fields, plain: Fields): Fields =>
  Object.fromEntries(Object.entries(value).filter(([name, part]) => !isSame(part, plain[name])));

const isSame = (a: unknown, b: unknown): boolean => canonicalJson({ a }) === canonicalJson({ a: b });
