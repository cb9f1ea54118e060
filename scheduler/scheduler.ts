import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { Hints } from '../shared/redis/hints.ts';
import type { Runtime } from '../shared/runtime/runtime.ts';
import type { SqlStore } from '../shared/sql/sql.ts';
import type { AdminOptions } from './admin/admin-options.ts';
import type { AlarmView, CloseAlarm, WhichAlarms } from './alarm/alarms.ts';
import type { WireVerb } from './api/wire-verbs.ts';
import type { BulkOrder, BulkView } from './bulk/bulk.ts';
import type { CalendarDefinition } from './calendar/calendar.ts';
import type { ChainRunView } from './chain/chain-run-view.ts';
import type { ChainRunListener } from './chain/chain-run-watch.ts';
import type { ApproveNodeMark, MarkNode } from './chain/mark-node.ts';
import type { StartChain } from './chain/start-chain.ts';
import type { Ticker } from './clockwork.ts';
import type { ChainDefinition } from './definition/chain-definition.ts';
import type { JobDefinition } from './definition/job-definition.ts';
import type { ExecutorClient } from './dispatch/executor-client.ts';
import type { FiringApi } from './firing/firing-api.ts';
import type { TriggerJob } from './firing/trigger-job.ts';
import type { OperatorActionView, WhichActions } from './operator-actions.ts';
import type { GroupsApi } from './registry/groups-api.ts';
import type { Joins } from './registry/joins.ts';
import type { AttemptLog, LogRange } from './run/attempt-log.ts';
import type { KillRun } from './run/kill-run.ts';
import type { Rerun } from './run/rerun.ts';
import type { RunView } from './run/run-view.ts';
import type { ScriptsApi } from './script/scripts.ts';
import type { SchedulerSettings } from './settings.ts';
import type { SchedulerStatus } from './status.ts';

export interface SchedulerOptions {
  /** From `openSchedulerStore`, or migrated with `schedulerMigrations` by whoever opened it; closed by them as well. */
  readonly store: SqlStore;
  /** Default: the system's clock, random and timers. */
  readonly runtime?: Runtime;
  /** Default: JSON lines on standard error. */
  readonly logger?: Logger;
  /** Default: a registry of its own, closed with the scheduler. */
  readonly metrics?: Metrics;
  /** What executors show with each request, and what they are shown: at least 32 random characters. */
  readonly accessToken: string;
  /** The one before, still taken and still tried while executors get the new one. Default null. */
  readonly previousAccessToken?: string | null;
  /** Whether executors of a group that nobody made and no job names may register. Default false. */
  readonly strangersMayRegister?: boolean;
  /** Whether executors may join with one-time tokens (`joins.issue`). Default false: there is no such route. */
  readonly joinable?: boolean;
  /** Default '127.0.0.1'. */
  readonly host?: string;
  /** Default 0: any free port; `url` says which. */
  readonly port?: number;
  readonly jobs: readonly JobDefinition[];
  readonly chains?: readonly ChainDefinition[];
  /**
   * True: other jobs and chains that the store has stop firing at the start, as with `define`. Default false: they go on,
   * because another scheduler on the same store may have them, and the log names those that fire by themselves.
   */
  readonly onlyThese?: boolean;
  /** Stored before the jobs and chains that go by them. */
  readonly calendars?: readonly CalendarDefinition[];
  /** CIDRs in which executors may live. Default: this machine only. */
  readonly allowedNetworks?: readonly string[];
  /** People, keys, /api/v1 and the page, on the scheduler's port. Default null: there is none of it. docs/admin.md. */
  readonly admin?: AdminOptions | null;
  /** Folders below which jobs may wait for files (`arrival`). Default none: no job may. */
  readonly arrivalRoots?: readonly string[];
  /** Times and limits; see `DEFAULT_SETTINGS`, and `SCALED_SETTINGS` for tests. */
  readonly settings?: Partial<SchedulerSettings>;
  /**
   * True when the exclusive store proves that no process of before lives (one process on one store): every executor
   * known so far is gone, and what it held goes to the next ones at once. Default false: the leases judge.
   */
  readonly takeOver?: boolean;
  /**
   * Wake-ups and soft locks among the schedulers of a cluster, over Redis. Default none: what another scheduler has done is
   * found by the next tick. Closed by whoever made it.
   */
  readonly hints?: Hints;
  /** The cluster's name: a store belongs to the first that is given, and a scheduler of another one is refused. Default null. */
  readonly cluster?: string | null;
  /** What people call this process, e.g. by its machine. Default: its url. */
  readonly nodeName?: string;
  /** Recorded with each run. Default null. */
  readonly codeVersion?: string | null;
  /** For the simulator: instead of HTTP and of node-cron. */
  readonly client?: ExecutorClient;
  readonly ticker?: Ticker;
  /** For the simulator: instead of a port. Gets what executors may tell, by verb; returns the scheduler's url. */
  readonly door?: (verbs: Readonly<Record<string, WireVerb>>) => string;
}

export interface Scheduler extends FiringApi {
  /** Where executors register, e.g. `http://127.0.0.1:40123/`. Throws before `start`. */
  readonly url: string;
  /** Stores the definitions, takes up what an earlier process left, opens the port and starts the bodies. */
  start(): Promise<void>;
  /** Hands out nothing more, waits up to `drainMs` (default 5000) for requests in flight, closes the port. */
  stop(options?: { drainMs?: number }): Promise<void>;
  /** Starts a chain for a business date. The same requestId again gives the same chain run, `created` false. */
  startChain(order: StartChain): Promise<{ chainRunId: number; created: boolean }>;
  /** Throws NOT_FOUND. */
  chainRun(chainRunId: number): Promise<ChainRunView>;
  run(runId: number): Promise<RunView>;
  /** Called after each change of a chain run that this process makes; returns how to stop it. */
  onChainRunChanged(listener: ChainRunListener): () => void;
  /** Resolves when the chain run has ended and nothing of it is open; rejects with the signal's reason. */
  waitForChainRun(chainRunId: number, signal?: AbortSignal): Promise<ChainRunView>;
  /** Ends a chain run; `by` is who wants it, for the record. False when it had ended before. Throws NOT_FOUND, BAD_INPUT. */
  cancelChainRun(chainRunId: number, reason: string, by?: string): Promise<boolean>;
  /** Asks that a node of a chain run counts as skipped or succeeded; see `markNode` for what is refused. */
  markNode(order: MarkNode): Promise<void>;
  /** The second person's word on it. */
  approveNodeMark(order: ApproveNodeMark): Promise<void>;
  triggerJob(order: TriggerJob): Promise<{ runId: number; created: boolean }>;
  /** Ends a run and has its attempts stopped. False when it had ended before. Throws NOT_FOUND and BAD_INPUT. */
  killRun(runId: number, order: KillRun): Promise<boolean>;
  /** Runs an ended run again, wholly or what is left of it. Throws NOT_FOUND, BAD_INPUT, and CONFLICT with the way out. */
  rerun(runId: number, order: Rerun): Promise<{ runId: number; created: boolean }>;
  /**
   * One thing done to many jobs or runs, each with a result of its own; it goes on after a crash, in whichever scheduler
   * lives. Throws BAD_INPUT, and CONFLICT while another operation has one of the targets.
   * @example
   * const { failureCount, results } = await scheduler.bulk({ verb: 'rerun-failed', ids, by: 'ann', requestId: 'night 7' });
   */
  bulk(order: BulkOrder): Promise<BulkView>;
  /** How far a bulk operation has come. Throws NOT_FOUND. */
  bulkView(operationId: number): Promise<BulkView>;
  /**
   * A page of the run log of one attempt (`run(id).shards[0].attempts[0].logId`), read from its executor, also while it is
   * being written. Throws NOT_FOUND, BAD_INPUT and EXECUTOR_UNREACHABLE.
   * @example const { lines, toLine, isEnd } = await scheduler.log(logId, { lastLines: 100 });
   */
  log(logId: number, range?: LogRange): Promise<AttemptLog>;
  /** What people should hear of, by default what is open; docs/alarms.md has each kind. Throws BAD_INPUT. */
  alarms(which?: WhichAlarms): Promise<AlarmView[]>;
  /** A person says that an alarm is dealt with. False: it was closed already. Throws NOT_FOUND and BAD_INPUT. */
  closeAlarm(order: CloseAlarm): Promise<boolean>;
  /** The record of what people and programs did, the newest first. Throws BAD_INPUT. */
  operatorActions(which?: WhichActions): Promise<OperatorActionView[]>;
  status(): Promise<SchedulerStatus>;
  /**
   * Makes these the definitions, while it runs. What the store has beside them stops firing by itself, but for jobs that
   * programs added over the API, and its runs go on. Each change is a new version: later instants follow, decided ones stay. Throws CONFIG_INVALID, and changes nothing.
   */
  define(definitions: Pick<SchedulerOptions, 'jobs' | 'chains' | 'calendars'>): Promise<void>;
  /** How executors without a token come to one; only for a scheduler that is `joinable`. */
  readonly joins: Joins;
  /** Groups of executors: how they are found, and which tokens are theirs. */
  readonly groups: GroupsApi;
  /** The code of script jobs, in versions. */
  readonly scripts: ScriptsApi;
}
