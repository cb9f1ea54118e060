import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DevEvent } from '../../../deploy/cli/dev/dev-events.ts';
import { migrateNightStore } from '../../../deploy/cli/migrate-night-store.ts';
import { COMMANDS } from '../../../deploy/cli/options/commands.ts';
import { QUIET } from '../../../executor/examples/settlement/gateway-simulator/dials.ts';
import { PRESETS, presetDials } from '../../../executor/examples/settlement/gateway-simulator/presets.ts';
import type { ImportRefusal } from '../../../executor/examples/settlement/import-plans.ts';
import type { Night } from '../../../executor/examples/settlement/night-start.ts';
import { PLAN_HEADER, parsePlanLine, REJECT_CODES } from '../../../executor/examples/settlement/plan-line.ts';
import { DIFFERENCE_KINDS } from '../../../executor/examples/settlement/reconcile-differences.ts';
import { buildReport } from '../../../executor/examples/settlement/report/build-report.ts';
import { DIFFERENCES_HEADER, UNRESOLVED_HEADER } from '../../../executor/examples/settlement/report/report-csv.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import { bare, codeBlocks, codePaths, ROOT, readPage, section, tableRows } from './pages.ts';

const night = readPage('docs/night.md');
const PAGES: Readonly<Record<string, string>> = {
  night: 'docs/night.md',
  status: 'docs/night.md',
  resolve: 'docs/night.md',
  dev: 'docs/dev.md',
};
const pageOf = (command: string): string => readPage(PAGES[command] ?? 'docs/configuration.md');
const planFile = readPage('docs/plan-file.md');
const gateway = readPage('docs/gateway.md');

test.each(
  COMMANDS.map(({ name, options }) => ({ name, options })),
)('the options of "$name" are documented as the command itself has them, in the same order', ({ name, options }) => {
  const text = section(pageOf(name), `daybreak ${name}`).split(/^### /m)[0] ?? '';
  const documented = tableRows(text)
    .filter(([option]) => option?.startsWith('`--') || option === 'no option')
    .map(([option, value, , standard, env]) => [bare(option), bare(value), bare(standard), bare(env)]);
  expect(documented).toEqual(
    options.map((option) => [
      option.secret === true ? 'no option' : `--${option.name}`,
      option.value ?? '',
      option.default ?? '',
      option.env ?? '',
    ]),
  );
});

test.each(
  COMMANDS.filter(({ configured }) => configured).map(({ name, exitCodes }) => ({ name, exitCodes })),
)('the exit codes of "$name" are documented', ({ name, exitCodes }) => {
  const rows = tableRows(section(readPage('docs/configuration.md'), `daybreak ${name}`));
  const documented = rows.filter(([code]) => /^\d+$/.test(code ?? '')).map(([code]) => Number(code));
  expect(documented).toEqual(exitCodes.map(([code]) => code));
});

test('docs/night.md names every exit code of a night', () => {
  const documented = tableRows(section(night, 'Exit codes')).flatMap(([codes = '']) => codes.split(', ').map(Number));
  const known = COMMANDS.find(({ name }) => name === 'night')?.exitCodes.map(([code]) => code) ?? [];
  expect(documented).toEqual(expect.arrayContaining(known));
});

test('docs/dev.md names every exit code, and every event of --json', () => {
  const dev = readPage('docs/dev.md');
  const codes = tableRows(section(dev, 'Exit codes')).flatMap(([text = '']) => text.split(', ').map(Number));
  const known = COMMANDS.find(({ name }) => name === 'dev')?.exitCodes.map(([code]) => code) ?? [];
  expect(codes).toEqual(expect.arrayContaining(known));
  const events: Record<
    DevEvent['event'] | 'up' | 'setup_link' | 'page' | 'join_token' | 'jobs_loaded' | 'jobs_refused',
    true
  > = {
    up: true,
    setup_link: true,
    page: true,
    join_token: true,
    executor_joined: true,
    executor_back: true,
    executor_silent: true,
    executor_left: true,
    executor_gone: true,
    chain_fired: true,
    fired: true,
    run_waits: true,
    run_ended: true,
    chain_ended: true,
    alarm: true,
    jobs_loaded: true,
    jobs_refused: true,
  };
  expect(tableRows(section(dev, 'What it tells')).map(([name]) => bare(name))).toEqual(Object.keys(events));
});

test('docs/night.md has every key of a report and every column of its CSV files', async () => {
  const store = await openSqlStore('sqlite::memory:', { runtime: systemRuntime(), logger: silentLogger });
  onTestFinished(() => store.close());
  await migrateNightStore(store, silentLogger);
  const report = await buildReport(
    store,
    { id: 1, businessDate: '2026-11-20', chainRunId: null, fileId: null, gatewayOrigin: null } as Night,
    { badInput: 'a reason' },
  );
  const documented = bare(
    tableRows(section(night, 'report.json'))
      .map(([key]) => key)
      .join(', '),
  );
  const words = new Set(documented.split(/[,. ]+/));
  const { file, conservation, reconciliation } = report;
  for (const key of [report, file, conservation, reconciliation].flatMap((one) => Object.keys(one))) {
    expect([...words], `report.json has "${key}"`).toContain(key);
  }
  const columns = (heading: string): string[] =>
    tableRows(section(night, heading).split('\n\n| kind')[0] ?? '').flatMap(([names]) => bare(names).split(', '));
  expect(columns('unresolved.csv')).toEqual(UNRESOLVED_HEADER.trim().split(','));
  expect(columns('differences.csv')).toEqual(DIFFERENCES_HEADER.trim().split(','));
});

test('docs/night.md names every kind of difference', () => {
  const kinds = tableRows(section(night, 'differences.csv')).flatMap(([names]) => bare(names).split(', '));
  expect(kinds).toEqual(expect.arrayContaining([...DIFFERENCE_KINDS]));
});

test('docs/plan-file.md has the reject codes in the order of the checks, and why a file is refused whole', () => {
  const rejects = tableRows(section(planFile, 'A line')).map(([code]) => bare(code));
  expect(rejects).toEqual([...REJECT_CODES]);
  const refusals: Record<ImportRefusal, true> = {
    NOT_READABLE: true,
    HEADER: true,
    TRAILER_MISSING: true,
    TRAILER_COUNT: true,
    CHANGED_WHILE_READ: true,
    TOO_MANY_REJECTS: true,
  };
  expect(tableRows(section(planFile, 'The file as a whole')).map(([code]) => bare(code))).toEqual(
    Object.keys(refusals),
  );
  expect(planFile).toContain(`\n${PLAN_HEADER}\n`);
});

test('the example in docs/plan-file.md is a file that is accepted', () => {
  const [example] = codeBlocks(planFile).filter(({ language }) => language === 'csv');
  const [header, ...lines] = (example?.text ?? '').trim().split('\n');
  expect(header).toBe(PLAN_HEADER);
  expect(lines.pop()).toBe(`TRAILER,${lines.length}`);
  expect(lines.map((line) => parsePlanLine(line).kind)).toEqual(lines.map(() => 'data'));
});

test('docs/gateway.md has every dial with its value at rest and in the presets', () => {
  const documented = tableRows(section(gateway, 'The simulator'))
    .filter(([dial]) => dial !== undefined && Object.hasOwn(QUIET, bare(dial)))
    .map(([dial, , rest, moderate, hostile]) => [bare(dial), rest, moderate, hostile]);
  const [none, moderate, hostile] = [presetDials('none'), presetDials('moderate'), presetDials('hostile')];
  const shown = (value: unknown): string =>
    Array.isArray(value) ? (value.length === 0 ? 'none' : `${value.length} of them`) : String(value);
  const differing = (name: keyof typeof QUIET, value: unknown): string =>
    shown(value) === shown(none[name]) ? '' : shown(value);
  expect(documented).toEqual(
    (Object.keys(QUIET) as (keyof typeof QUIET)[]).map((name) => [
      name,
      shown(none[name]),
      differing(name, moderate[name]),
      differing(name, hostile[name]),
    ]),
  );
  expect(tableRows(section(gateway, 'Presets').split('\n### ')[0] ?? '').map(([preset]) => bare(preset))).toEqual([
    ...PRESETS,
  ]);
});

test('docs/architecture.md has every table of a store, each once', () => {
  const migrations = ['scheduler', 'executor', 'deploy/cli'].flatMap((area) =>
    readdirSync(join(ROOT, area), { recursive: true, encoding: 'utf8' })
      .filter((path) => /storage\/(migrations\/)?\d{4}-/.test(path))
      .map((path) => readPage(`${area}/${path}`)),
  );
  const made = migrations.flatMap((text) => [...text.matchAll(/create table (\w+)/g)].map(([, name]) => name));
  const documented = tableRows(section(readPage('docs/architecture.md'), 'Two stores')).flatMap(([, names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(documented.sort()).toEqual(made.sort());
});

test('every path of code that docs/architecture.md and docs/glossary.md name is there', () => {
  const pages = [readPage('docs/architecture.md'), readPage('docs/glossary.md')];
  for (const path of pages.flatMap(codePaths))
    expect(readdirSync(join(ROOT, path, '..')), path).toContain(path.split('/').at(-1));
});
