import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { finishNight, readNight, storedReport } from '../../executor/examples/settlement/night.ts';
import type { Night } from '../../executor/examples/settlement/night-start.ts';
import { buildReport, type ReportExtras } from '../../executor/examples/settlement/report/build-report.ts';
import type { NightReport } from '../../executor/examples/settlement/report/night-report.ts';
import { reportJson } from '../../executor/examples/settlement/report/report-json.ts';
import { reportFileText, writeReport } from '../../executor/examples/settlement/report/write-report.ts';
import { createLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { migrateNightStore } from './migrate-night-store.ts';
import type { NightCall, RefusedFile } from './night-call.ts';
import type { NightParts } from './night-work.ts';
import { inert } from './screen/table.ts';
import { showReport } from './show-report.ts';
import type { NightEnd } from './whole-night.ts';

/** Builds the report of a night that has been worked, writes it, ends the night with its exit code, and shows it. */
export async function endNight(
  call: NightCall,
  parts: NightParts,
  { executors, file }: Extract<NightEnd, { kind: 'worked' }>,
): Promise<number> {
  const { store } = parts;
  const night = await readNight(store, parts.night.id);
  const finishedAtMs = await store.read('read-clock', async (db) => db.nowMs);
  // Another last pass neither imports nor debits: what it reports of that is what the night's first report had.
  const text = await storedReport(store, night.id);
  const before = text === null ? null : (parseExact(text) as NightReport);
  const known = file ?? (before === null ? null : { ...before.file, alreadyStored: before.alreadyStored });
  const report = {
    ...(await buildReport(store, night, {
      finishedAtMs,
      executors: executors.length > 0 ? executors : (before?.executors ?? []),
      ...(known === null ? {} : { file: known }),
    })),
    memory: peakMemory(),
  };
  return finish(call, { store, night, report });
}

/** The night could not be run: nothing was debited, the report says why, and the next start is the first again. */
export async function refuseNight(
  call: NightCall,
  parts: NightParts,
  { message, outcome }: Extract<NightEnd, { kind: 'refused' }>,
): Promise<number> {
  const { store } = parts;
  const night = await readNight(store, parts.night.id);
  const extras: ReportExtras = { file: outcome, badInput: message };
  const report = { ...(await buildReport(store, night, extras)), memory: peakMemory() };
  const exitCode = await finish(call, { store, night, report, fileId: outcome.fileId });
  call.terminal.warn(`daybreak: ${inert(message)}`);
  return exitCode;
}

/** A night that has ended with 0 or 4: its report once more, as it is stored. */
export async function showEndedNight(call: NightCall, store: SqlStore, night: Night): Promise<number> {
  const { terminal, options } = call;
  const text = await storedReport(store, night.id);
  const path = join(options.reportDir, 'report.json');
  const report = text === null ? await buildReport(store, night) : (parseExact(text) as NightReport);
  // The folder may have been moved away, another one be asked for, or a file that was refused have left its report in it.
  if (!existsSync(path) || readFileSync(path, 'utf8') !== reportFileText(report)) {
    await writeReport(options.reportDir, { store, night, report });
  }
  terminal.say(`The night of ${night.businessDate} has ended already. To run another one for this date: --fresh`);
  terminal.say('(paid plans are never due again: it takes only what is still open)');
  showReport(terminal, report, options.reportDir);
  showDocument(call, text ?? reportJson(report));
  return night.exitCode ?? 1;
}

/** JSON in which a whole number beyond 2^53 keeps its digits, as a BigInt. */
function parseExact(text: string): unknown {
  const reviver = (_: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?[0-9]+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? 0)
      : value;
  return JSON.parse(text, reviver);
}

/** A file that is refused whole is not stored at all: its report says how many lines it has, and why it was refused. */
export async function reportRefusedFile(call: NightCall, file: RefusedFile): Promise<number> {
  const { options, terminal } = call;
  const runtime = systemRuntime();
  const logger = createLogger({ level: 'error' });
  const nowMs = runtime.clock.wallMs();
  // No night was begun and no store opened: the report is made from an empty one.
  const store = await openSqlStore('sqlite::memory:', { runtime, logger });
  try {
    await migrateNightStore(store, logger);
    const night: Night = {
      id: 0,
      businessDate: options.businessDate,
      seq: 0,
      chainRunId: null,
      planSha256: null,
      fileId: null,
      gatewayOrigin: null,
      cutOffAtMs: nowMs,
      timeZone: options.timeZone,
      startedAtMs: nowMs,
      finishedAtMs: nowMs,
      exitCode: null,
    };
    const numbers = { dataLines: file.dataLines, accepted: 0, alreadyStored: 0, rejected: {} };
    const report = await buildReport(store, night, { file: numbers, badInput: file.sentence });
    await writeReport(options.reportDir, { store, night, report, fileId: null });
    showReport(terminal, report, options.reportDir);
    showDocument(call, reportJson(report));
  } finally {
    await store.close();
  }
  terminal.warn(`daybreak: --plans: ${inert(file.sentence)}`);
  return 2;
}

interface Ended {
  readonly store: SqlStore;
  readonly night: Night;
  readonly report: NightReport;
  readonly fileId?: number | null;
}

async function finish(call: NightCall, { store, night, report, fileId }: Ended): Promise<number> {
  const { terminal, options } = call;
  await writeReport(options.reportDir, { store, night, report, ...(fileId === undefined ? {} : { fileId }) });
  const text = reportJson(report);
  // After the files: a night that is stored as ended has its report on the disk.
  await finishNight(store, night.id, report.exitCode, text);
  showReport(terminal, report, options.reportDir);
  showDocument(call, text);
  return report.exitCode;
}

/** The last line of standard output, for programs: when asked for, and when no person watches. */
function showDocument({ terminal, options }: NightCall, text: string): void {
  if (options.json || !terminal.live) terminal.document(text);
}

const peakMemory = (): { peakRssBytes: number } => ({ peakRssBytes: process.resourceUsage().maxRSS * 1024 });
