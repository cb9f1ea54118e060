import { createHash } from 'node:crypto';
import type { Reply } from '../../scheduler/api/admin/contract/routes.ts';
import { readJob } from '../../scheduler/definition/job-definition.ts';
import { HOUR, ODD_STRINGS } from './fake-night.ts';

/** A script job and the versions of its script. */
export const SCRIPT_JOB = 35;

export const scriptJob = readJob({
  id: SCRIPT_JOB,
  name: 'clean-up',
  title: 'Clears what was taken in',
  group: 'operations',
  route: 'FIRST',
  glueType: 'GLUE_SHELL',
  param: '{businessDate}',
  owner: 'ops-night',
});

export interface FakeScript {
  readonly source: string;
  readonly remark: string;
  readonly by: string;
}

const FIRST = `#!/bin/sh
# Takes away what came in on the day and was settled.
set -eu
day="$1"
dir="/srv/in/$day"

if [ ! -d "$dir" ]; then
  echo "nothing came in on $day"
  exit 0
fi

find "$dir" -name '*.csv' -mtime +1 -print
rm -rf "$dir"
echo "cleared $dir"
`;

export const SCRIPTS: readonly FakeScript[] = [
  { source: FIRST, remark: 'first', by: 'chen' },
  {
    source: FIRST.replace('rm -rf "$dir"', 'find "$dir" -type f -delete').replace('+1', '+7'),
    remark: `keep a week, and the folder ${ODD_STRINGS.rightToLeft}`,
    by: 'li.wei',
  },
  {
    source: `${FIRST.replace('rm -rf "$dir"', 'find "$dir" -type f -delete').replace('+1', '+30')}# ${Object.values(
      ODD_STRINGS,
    ).join('\n# ')}\n# ${'x'.repeat(240)}\n`,
    remark: `a month, as the auditors ask ${ODD_STRINGS.script}`,
    by: 'ops-night',
  },
];

export const scriptLine = (
  { source, remark, by }: FakeScript,
  version: number,
  nowMs: number,
): Reply<'GET /jobs/:jobId/scripts'>['items'][number] => ({
  version,
  glueType: 'GLUE_SHELL',
  bytes: Buffer.byteLength(source),
  sha256: createHash('sha256').update(source).digest('hex'),
  remark,
  by,
  savedAtMs: nowMs - (40 - version) * 5 * HOUR,
});
