import type { HandlerContext } from './handler-context.ts';

/**
 * What an attempt holds leases as: the node, the attempt and, where several worker processes work it at once, the
 * process, which would else take each other's leases for their own.
 */
export function attemptOwner(ctx: Pick<HandlerContext, 'executorAddress' | 'logId' | 'workerProcess'>): string {
  const process = ctx.workerProcess === null ? '' : `.p${ctx.workerProcess}`;
  return `${ctx.executorAddress}#${ctx.logId}${process}`;
}
