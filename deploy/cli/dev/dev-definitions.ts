import type { ChainDefinition } from '../../../scheduler/definition/chain-definition.ts';
import type { JobDefinition } from '../../../scheduler/definition/job-definition.ts';
import { readDefinitions } from '../../../scheduler/definition/read-definitions.ts';
import { messageOf } from '../../../shared/errors.ts';
import { SETTLEMENT_CHAIN, SETTLEMENT_JOBS } from '../nightly-settlement.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';
import type { DevOptions } from './dev-options.ts';
import { type JobsFile, readJobsFile, versionOf } from './jobs-file.ts';

/** The sample night and the jobs file, as they are now. */
export interface DevDefinitions {
  current(): JobsFile;
  /**
   * Reads the file once more if it has changed, and makes `use` take what is in it. Null: nothing has changed.
   * Throws what is wrong with it, once per version; what was current stays.
   */
  readAgain(use: (next: JobsFile) => Promise<void>): Promise<{ jobs: number; chains: number } | null>;
}

/** Far from the ids that people give, which begin with 1. */
const SAMPLE_ID_BASE = 2_000_000_000;

/** Throws UsageError for a jobs file that cannot be used. */
export async function devDefinitions(
  options: Pick<DevOptions, 'schedule' | 'nightLastsMs' | 'jobsPath'>,
): Promise<DevDefinitions> {
  const { jobsPath } = options;
  const samples = sampleDefinitions(options);
  const withSamples = (file: JobsFile): JobsFile => ({
    jobs: [...samples.jobs, ...file.jobs],
    chains: [...samples.chains, ...file.chains],
  });
  let version = jobsPath === null ? null : versionOf(jobsPath);
  let current = withSamples(jobsPath === null ? NONE : await readJobsFile(jobsPath));
  if (jobsPath !== null) check(jobsPath, current);
  return {
    current: () => current,
    async readAgain(use) {
      const found = jobsPath === null ? null : versionOf(jobsPath);
      // An editor may take the file away for a moment before it writes it anew.
      if (jobsPath === null || found === null || found === version) return null;
      version = found;
      const file = await readJobsFile(jobsPath);
      const next = withSamples(file);
      check(jobsPath, next);
      await use(next);
      current = next;
      return { jobs: file.jobs.length, chains: file.chains.length };
    },
  };
}

const NONE: JobsFile = { jobs: [], chains: [] };

function check(jobsPath: string, { jobs, chains }: JobsFile): void {
  try {
    readDefinitions(jobs, chains);
  } catch (cause) {
    throw new UsageError(`--jobs ${inert(jobsPath)}: ${inert(messageOf(cause))}`, { cause });
  }
}

function sampleDefinitions({ schedule, nightLastsMs }: Pick<DevOptions, 'schedule' | 'nightLastsMs'>): JobsFile {
  if (schedule === null) return NONE;
  const jobs = SETTLEMENT_JOBS.map((job): JobDefinition => ({ ...job, id: SAMPLE_ID_BASE + job.id }));
  const chain: ChainDefinition = {
    ...SETTLEMENT_CHAIN,
    schedule,
    // What was missed while nobody ran this is not made up for: there is nothing of it to settle.
    misfire: { policy: 'SKIP' },
    cutOff: { kind: 'after', afterMs: nightLastsMs },
  };
  return { jobs, chains: [chain] };
}
