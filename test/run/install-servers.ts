// `npm run test:servers`: the one command here that changes the machine, and it says first how.
import { spawnSync } from 'node:child_process';
import { CHROMIUMS, findProgram } from './find-program.ts';

const WANTED = [
  { programs: ['mariadbd', 'mysqld'], debianPackage: 'mariadb-server' },
  { programs: ['redis-server', 'valkey-server'], debianPackage: 'redis-server' },
  { programs: CHROMIUMS, debianPackage: 'chromium' },
];

// A machine that has just started often upgrades itself, and a mirror drops a file now and then: neither is an end.
const PATIENCE = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];

process.exitCode = installServers();

function installServers(): number {
  const missing = WANTED.filter(({ programs }) => findProgram(programs) === null).map((each) => each.debianPackage);
  if (missing.length === 0)
    return say('MariaDB, Redis and Chromium are installed; npm test starts what is not running.', 0);

  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (findProgram(['apt-get']) === null) {
    return say(
      `This is no Debian. Install these with your system's own tools, and npm test finds them: ${missing.join(', ')}`,
      1,
    );
  }
  if (process.getuid?.() !== 0) return say(`Only root may install: sudo ${install}`, 1);

  say(`Installing from the system's packages: ${missing.join(', ')} (${install})`, 0);
  // A list that cannot be renewed may still be good enough to install from.
  run('apt-get update -q');
  if (run(install) !== 0) return say(`Not installed. What apt-get said above names the reason; then: ${install}`, 1);
  return say('Installed; npm test starts what is not running.', 0);
}

function run(command: string): number {
  const [program, ...args] = command.split(' ') as [string, ...string[]];
  // A package that asks a question would wait for ever where nobody sits.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, [...args, ...PATIENCE], { stdio: ['ignore', 'inherit', 'inherit'], env }).status ?? 1;
}

function say(sentence: string, exitCode: number): number {
  process.stdout.write(`${sentence}\n`);
  return exitCode;
}
