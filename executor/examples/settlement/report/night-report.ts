/** A night's report, as `report.json` holds it: amounts are BigInt here and written there with all their digits. */
export interface NightReport {
  readonly businessDate: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: ExitCode;
  /** Why the night could not be run (exit code 2), in one sentence. */
  readonly message?: string;
  readonly file: FileReport;
  readonly legs: Readonly<Record<ReportLeg, LegReport>>;
  readonly conservation: {
    readonly holds: boolean;
    /** What breaks it; all of them stand in `differences.csv`, the first thousand here. */
    readonly differences: readonly ReportedDifference[];
    readonly differencesTotal: number;
  };
  readonly reconciliation: {
    readonly matched: number;
    readonly onlyOurs: number;
    readonly onlyGateway: number;
    readonly amountDiffers: number;
    readonly stateDiffers: number;
    readonly doubleDebits: number;
    readonly fileLines: number;
  };
  readonly executors: readonly ExecutorReport[];
  /** Items per second of the time in which at least one slice was being worked. */
  readonly throughput: { readonly items: number; readonly seconds: number; readonly itemsPerSecond: number };
  /** Items of earlier nights that were in flight when this one began. */
  readonly carriedOver: CarriedOver;
  readonly alreadyStored: number;
  /** Right lines of other nights' calls in the settlement files. */
  readonly otherNights: number;
  /** Two definite answers for one call: the first was kept. */
  readonly contradictions: readonly ReportedDifference[];
  readonly cutOffAt: number;
  readonly timeZone: string;
  readonly gateway: string | null;
}

/** Internal errors (1) and signals (130, 143) have no report. */
export type ExitCode = 0 | 2 | 3 | 4;

export const REPORT_LEGS = ['PREMIUM', 'PRINCIPAL'] as const;
export type ReportLeg = (typeof REPORT_LEGS)[number];

export const GROUPS = ['due', 'SUCCESS', 'FAILED', 'BLOCKED', 'UNRESOLVED'] as const;
export type Group = (typeof GROUPS)[number];
export interface Total {
  readonly count: number;
  readonly amountMinor: bigint;
}
export type CurrencyReport = Readonly<Record<Group, Total>>;
/** By currency; only those that occur. */
export type LegReport = Readonly<Record<string, CurrencyReport>>;

export interface FileReport {
  readonly dataLines: number;
  readonly accepted: number;
  /** By reject code; only those that occur. */
  readonly rejected: Readonly<Record<string, number>>;
}

export interface ExecutorReport {
  readonly address: string;
  /** Null: it had no shard of the night's debits, and worked as a volunteer. */
  readonly shardIndex: number | null;
  /** Over all restarts. */
  readonly items: number;
}

export interface CarriedOver {
  readonly count: number;
  readonly settled: number;
  readonly stillOpen: number;
  readonly byCurrency: Readonly<Record<string, { readonly carried: Total; readonly stillOpen: Total }>>;
}

export interface ReportedDifference {
  readonly kind: string;
  readonly requestNo: string | null;
  readonly gatewayRef: string | null;
  readonly contractNo: string | null;
  readonly period: number | null;
  readonly leg: string | null;
  readonly currency: string | null;
  readonly oursMinor: bigint | null;
  /** As the file wrote it: digits become a number, anything else stays text. */
  readonly gatewayMinor: bigint | string | null;
  readonly note: string | null;
}

/** What is not final is UNRESOLVED, whatever it waits for. */
export function groupOf(state: string): Exclude<Group, 'due'> {
  return state === 'SUCCESS' || state === 'FAILED' || state === 'BLOCKED' ? state : 'UNRESOLVED';
}

export function countUnresolved(report: Pick<NightReport, 'legs' | 'carriedOver'>): number {
  let count = report.carriedOver.stillOpen;
  for (const leg of REPORT_LEGS) for (const one of Object.values(report.legs[leg])) count += one.UNRESOLVED.count;
  return count;
}

/** 2 before 4 before 3 before 0: the worst that is true is what the command ends with. */
export function exitCodeOf(night: { badInput: boolean; conservationHolds: boolean; unresolved: number }): ExitCode {
  if (night.badInput) return 2;
  if (!night.conservationHolds) return 4;
  return night.unresolved > 0 ? 3 : 0;
}
