import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { ChainDefinition } from '../../../scheduler/definition/chain-definition.ts';
import type { JobDefinition } from '../../../scheduler/definition/job-definition.ts';
import { messageOf } from '../../../shared/errors.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';

export interface JobsFile {
  readonly jobs: readonly JobDefinition[];
  readonly chains: readonly ChainDefinition[];
}

/** When and how large the file is: another value means that it has to be read again. Null: it is not there. */
export function versionOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? null : `${found.mtimeNs}-${found.size}`;
}

/**
 * What the module exports as `jobs` and `chains`. A version that was read before is not read again: modules are kept by
 * their address, so each version has its own. What the file itself imports stays as it was at the first time.
 * Throws UsageError, naming the file and what is wrong with it; the fields of definitions are checked by the scheduler.
 */
export async function readJobsFile(path: string): Promise<JobsFile> {
  const version = versionOf(path);
  if (version === null) throw refused(path, 'it is not there');
  const url = pathToFileURL(path);
  url.searchParams.set('version', version);
  let module: Record<string, unknown>;
  try {
    module = (await import(url.href)) as Record<string, unknown>;
  } catch (cause) {
    throw refused(path, placeOf(path, cause) + messageOf(cause), cause);
  }
  if (module.jobs === undefined && module.chains === undefined) {
    throw refused(path, 'it exports neither "jobs" nor "chains"');
  }
  return { jobs: listOf<JobDefinition>(path, module, 'jobs'), chains: listOf<ChainDefinition>(path, module, 'chains') };
}

function listOf<T>(path: string, module: Record<string, unknown>, name: string): readonly T[] {
  const value = module[name] ?? [];
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null);
  if (!isList) throw refused(path, `its "${name}" must be a list of definitions`);
  return value as T[];
}

/** A module that is imported does not say where its syntax error is; a check of the file does, in its first line. */
function placeOf(path: string, cause: unknown): string {
  if (!(cause instanceof SyntaxError)) return '';
  const { stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: 10_000 });
  const line = /^.*:([0-9]+)$/.exec((stderr ?? '').split('\n')[0] ?? '')?.[1];
  return line === undefined ? '' : `line ${line}: `;
}

const refused = (path: string, why: string, cause?: unknown): UsageError =>
  new UsageError(`--jobs ${inert(path)}: ${inert(why)}`, { cause });
