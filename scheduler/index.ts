/** The public API of a scheduler, `daybreak/scheduler`: a scheduler in a program, and what jobs and chains are made of. */
import '../shared/needs-node.ts';

export type { AdminOptions, SetupLink } from './admin/admin-options.ts';
export { type AuditVerdict, verifyAudit } from './admin/audit/verify-audit.ts';
export type { AlarmView, CloseAlarm, WhichAlarms } from './alarm/alarms.ts';
export type { CalendarDefinition } from './calendar/calendar.ts';
export type { ChainRunView } from './chain/chain-run-view.ts';
export type { StartChain } from './chain/start-chain.ts';
export { createScheduler } from './create-scheduler.ts';
export type { ChainDefinition, ChainEdge, CutOff } from './definition/chain-definition.ts';
export type { Arrival, BlockStrategy, JobDefinition, Retry, Route } from './definition/job-definition.ts';
export type { BusinessDateRule, Misfire, Schedule, ScheduleLimits } from './definition/schedule-definition.ts';
export type { JobLoadGuard, JobWindow } from './definition/work-limits.ts';
export type { TriggerJob } from './firing/trigger-job.ts';
export type { FireView, WhichFires } from './firing/view-fires.ts';
export { openSchedulerStore } from './open-scheduler-store.ts';
export type { OperatorActionView, WhichActions } from './operator-actions.ts';
export type { IssuedJoinToken } from './registry/join-desk.ts';
export type { AttemptLog, LogRange } from './run/attempt-log.ts';
export type { KillRun } from './run/kill-run.ts';
export type { Rerun } from './run/rerun.ts';
export type { AttemptView, RunView, ShardView } from './run/run-view.ts';
export type { Scheduler, SchedulerOptions } from './scheduler.ts';
export type { RollBackScript, SaveScript, ScriptsApi, ScriptVersion } from './script/scripts.ts';
export { DEFAULT_SETTINGS, SCALED_SETTINGS, type SchedulerSettings } from './settings.ts';
