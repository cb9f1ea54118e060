import { type Reply, useRead } from '../../api/read.ts';

export type ScriptLine = Reply<'GET /jobs/:jobId/scripts'>['items'][number];

/** All versions of the script of a job, as they come. */
export const useScripts = (jobId: number, enabled = true) =>
  useRead('GET /jobs/:jobId/scripts', { params: { jobId } }, { enabled, topics: [`script:${jobId}`] });

/** The text of one of them, which never changes. 0: there is none. */
export function useScriptText(jobId: number, version: number) {
  const read = useRead('GET /jobs/:jobId/scripts/:version', { params: { jobId, version } }, { enabled: version > 0 });
  return version > 0 ? { ...read, text: read.data?.source } : { ...read, text: '' };
}

export const scriptPath = (jobId: number, version?: number): string =>
  `/jobs/${jobId}/script${version === undefined ? '' : `?version=${version}`}`;
