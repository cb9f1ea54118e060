/** What is known of a night: one chain run for a business date. `seq` grows when one is begun afresh. */
export interface Night {
  readonly id: number;
  readonly businessDate: string;
  readonly seq: number;
  readonly chainRunId: number | null;
  /** Bound when the file was accepted. */
  readonly planSha256: string | null;
  readonly fileId: number | null;
  /** Bound when the gateway first answered; the word `simulator` for the one that ships with the project. */
  readonly gatewayOrigin: string | null;
  readonly cutOffAtMs: number;
  readonly timeZone: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly exitCode: number | null;
}

/** What a start of the command asks for. */
export interface NightRequest {
  readonly businessDate: string;
  readonly planSha256: string;
  readonly gatewayOrigin: string;
  readonly fresh: boolean;
}

/** Calls without a definite answer, at the gateway they were sent to. */
export interface OpenCalls {
  readonly gatewayOrigin: string;
  readonly count: number;
}

export type NightStart =
  /** A new row: the first night of the date, one begun afresh, or one after a night that was refused. */
  | { readonly kind: 'begin'; readonly seq: number }
  | { readonly kind: 'take-up'; readonly night: Night }
  /** It ended with 0 or 4: its report is shown again. */
  | { readonly kind: 'report-again'; readonly night: Night }
  /** It ended with 3: another last pass, reconciliation and report. */
  | { readonly kind: 'last-pass-again'; readonly night: Night }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * Decides what a start means, from the latest night of its date and the calls of any night that are still open.
 * Money first: while calls are open at one gateway, no other gateway can tell what became of them.
 */
export function decideNightStart(
  latest: Night | null,
  request: NightRequest,
  openCalls: readonly OpenCalls[],
): NightStart {
  const elsewhere = openCalls.find((open) => open.gatewayOrigin !== request.gatewayOrigin);
  if (elsewhere !== undefined) {
    return refused(
      `${calls(elsewhere.count)} still open at gateway ${elsewhere.gatewayOrigin}, so ${request.gatewayOrigin} cannot be used: ` +
        `start with the first gateway until they are settled`,
    );
  }
  // A night that ended with 2 debited nothing: it was not begun, and the next start is the first.
  if (latest === null || latest.exitCode === 2) return { kind: 'begin', seq: (latest?.seq ?? 0) + 1 };
  const ended = latest.finishedAtMs !== null;
  if (ended && request.fresh) return { kind: 'begin', seq: latest.seq + 1 };
  const other = otherThanBegun(latest, request, openCalls);
  if (other !== null) return refused(other);
  if (!ended) return { kind: 'take-up', night: latest };
  return { kind: latest.exitCode === 3 ? 'last-pass-again' : 'report-again', night: latest };
}

/** A night keeps the file and the gateway that it was begun with; says which differs, or null. */
function otherThanBegun(night: Night, request: NightRequest, openCalls: readonly OpenCalls[]): string | null {
  const open = openCalls.reduce((sum, { count }) => sum + count, 0);
  const wayOut =
    night.finishedAtMs === null
      ? 'take it up with the same ones until it has ended'
      : 'give the same ones, or --fresh for another night of this date (paid plans are not due again)';
  if (night.gatewayOrigin !== null && night.gatewayOrigin !== request.gatewayOrigin) {
    return (
      `the night of ${night.businessDate} was begun with gateway ${night.gatewayOrigin}, not ${request.gatewayOrigin} ` +
      `(${calls(open)} open): ${wayOut}`
    );
  }
  if (night.planSha256 !== null && night.planSha256 !== request.planSha256) {
    return (
      `the night of ${night.businessDate} was begun with the plan file of SHA-256 ${night.planSha256}, ` +
      `not ${request.planSha256} (${calls(open)} open): ${wayOut}`
    );
  }
  return null;
}

const calls = (count: number): string => (count === 1 ? '1 call is' : `${count} calls are`);
const refused = (message: string): NightStart => ({ kind: 'refused', message });
