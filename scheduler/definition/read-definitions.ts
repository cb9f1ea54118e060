import { type Chain, type ChainDefinition, readChain } from './chain-definition.ts';
import { type Job, type JobDefinition, readJob } from './job-definition.ts';
import { refuseDefinition, refuseDoubles } from './refuse.ts';

export interface Definitions {
  readonly jobs: readonly Job[];
  readonly chains: readonly Chain[];
}

/** Fills in the defaults and refuses what cannot work, naming the definition and the field. */
export function readDefinitions(jobs: readonly JobDefinition[], chains: readonly ChainDefinition[]): Definitions {
  const read = jobs.map(readJob);
  refuseDoubles(
    'job name',
    read.map((job) => job.name),
  );
  refuseDoubles(
    'job id',
    read.map((job) => String(job.id)),
  );
  refuseDoubles(
    'chain name',
    chains.map((chain) => chain.name),
  );
  const byName = new Map(read.map((job) => [job.name, job]));
  for (const job of read) checkParents(job, byName);
  return { jobs: read, chains: chains.map((chain) => readChain(chain, byName)) };
}

function checkParents(job: Job, byName: ReadonlyMap<string, Job>): void {
  if (job.schedule.kind !== 'parent') return;
  for (const name of job.schedule.jobs) {
    if (!byName.has(name))
      refuseDefinition(`job "${job.name}": schedule.jobs name "${name}", but there is no such job`);
  }
  const path = parentCircle(job, byName, [job.name]);
  if (path !== null) refuseDefinition(`job "${job.name}": schedule.jobs go round in a circle: ${path.join(' > ')}`);
}

/** The way from a job back to itself over parents, or null. */
function parentCircle(job: Job, byName: ReadonlyMap<string, Job>, path: readonly string[]): readonly string[] | null {
  if (job.schedule.kind !== 'parent') return null;
  for (const name of job.schedule.jobs) {
    if (name === path[0]) return [name, ...path.slice(1).reverse(), name];
    const parent = byName.get(name);
    if (parent === undefined || path.includes(name)) continue;
    const found = parentCircle(parent, byName, [...path, name]);
    if (found !== null) return found;
  }
  return null;
}
