import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { readMysqlPlace } from '../../../shared/sql/mysql-place.ts';
import { whyRefused } from '../../../shared/sql/mysql-unreachable.ts';
import { wayTo } from '../../../shared/sql/mysql-way.ts';
import { secretOption } from '../cluster/read-secrets.ts';
import { configuredCall } from '../cluster/run-service.ts';
import type { CommandCall } from '../command-call.ts';
import { timeZoneOption } from '../options/read-values.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';
import { convertXxlJob, type XxlTables } from './convert-xxl-job.ts';
import { asYaml } from './export-command.ts';
import type { XxlRow } from './xxl-row.ts';

const CONNECT_MS = 10_000;

/** `daybreak import xxl-job mysql://...`: an apply file on standard output, what it lacks on standard error. */
export async function runImportCommand(call: CommandCall): Promise<number> {
  const { terminal, cwd } = call;
  const given = configuredCall(call);
  if (given === null) return 0;
  const [what, typed, ...more] = given.positionals;
  const url = typed ?? secretOption(given.values, 'source', cwd);
  if (what !== 'xxl-job' || url === null || more.length > 0) {
    throw new UsageError(
      'say what is imported from where: daybreak import xxl-job mysql://USER@HOST/xxl_job --zone ZONE',
    );
  }
  const { zone } = given.values;
  if (zone === undefined) {
    throw new UsageError('--zone is missing: the time zone of the machine that xxl-job runs on, e.g. Asia/Shanghai');
  }
  const { definitions, notes } = convertXxlJob(await readTables(url), timeZoneOption('zone', zone));
  terminal.document(asYaml(definitions).trimEnd());
  for (const note of notes) terminal.warn(`not carried: ${inert(note)}`);
  const { groups = [], jobs = [], people = [] } = definitions;
  terminal.warn(
    `${groups.length} groups, ${jobs.length} jobs and ${people.length} people; ${notes.length} notes. Look at it, then: daybreak apply FILE`,
  );
  return 0;
}

/** Throws UsageError that never shows a password. */
async function readTables(url: string): Promise<XxlTables> {
  if (URL.parse(url)?.protocol !== 'mysql:')
    throw new UsageError('the source is no mysql://USER:PASSWORD@HOST/DATABASE');
  const place = readMysqlPlace(url);
  const way = wayTo(place);
  try {
    const connection = await createConnection({ ...way, connectTimeout: CONNECT_MS, dateStrings: true });
    try {
      const rows = async (table: string, by: string): Promise<XxlRow[]> =>
        (await connection.query<RowDataPacket[]>(`select * from ${table} order by ${by}`))[0];
      return {
        groups: await rows('xxl_job_group', 'id'),
        jobs: await rows('xxl_job_info', 'id'),
        users: await rows('xxl_job_user', 'username'),
      };
    } finally {
      await connection.end();
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it does not answer';
    const refused = whyRefused(place, cause);
    const why = refused === null ? ` (${code}): name the database that has xxl_job_info` : `: ${refused}`;
    throw new UsageError(`the xxl-job database cannot be read${why}`, { cause });
  }
}
