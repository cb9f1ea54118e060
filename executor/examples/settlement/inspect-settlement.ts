import { Type } from 'typebox';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import type { MoneyEngine } from '../../downstream/money-engine.ts';
import type { Inspections } from '../../inspect/inspections.ts';
import { paramsReader } from '../../inspect/read-params.ts';
import { runCountsInspections } from '../../inspect/run-counts.ts';
import { askNow, itemHistory, searchItems, unresolvedItems } from './inspect-items.ts';
import { listNights, listSlices, nightReport } from './inspect-nights.ts';

const readResolution = paramsReader(
  Type.Object({
    requestNo: Type.String({ minLength: 1, maxLength: 64 }),
    as: Type.Union([Type.Literal('success'), Type.Literal('failed'), Type.Literal('retry')]),
    by: Type.String({ minLength: 1, maxLength: 64 }),
    approvedBy: Type.String({ minLength: 1, maxLength: 64 }),
    reason: Type.String({ minLength: 1, maxLength: 1000 }),
  }),
);

/**
 * What people may ask of an executor that settles: `createExecutor({ inspections: settlementInspections(store, engine) })`.
 * A resolution is the engine's own, with its two people, and moves an item out of MANUAL at most once.
 */
export function settlementInspections(store: SqlStore, engine: Pick<MoneyEngine, 'resolveByHand'>): Inspections {
  return {
    'items.search': (params) => searchItems(store, params),
    'items.unresolved': (params) => unresolvedItems(store, params),
    'items.history': (params) => itemHistory(store, params),
    'items.ask-now': (params) => askNow(store, params),
    'items.resolve': (params) => engine.resolveByHand(readResolution(params)),
    ...runCountsInspections(store),
    'run.slices': (params) => listSlices(store, params),
    'nights.list': (params) => listNights(store, params),
    'nights.report': (params) => nightReport(store, params),
  };
}
