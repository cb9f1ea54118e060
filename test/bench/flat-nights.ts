import { join } from 'node:path';
import { median } from './figures.ts';
import { plantNights } from './plant-nights.ts';
import { createNightPlace, type NightFigures, type NightPlace } from './whole-night.ts';

export interface FlatNights {
  readonly nights: number;
  readonly oldPlans: number;
  readonly first: readonly NightFigures[];
  readonly after: readonly NightFigures[];
  /** How much longer the same night takes with all those nights in the store: medians of the same run. */
  readonly ratio: number;
}

const SEED_DATE = '2026-11-19';

/** The same night in turns: in a store with one small night in it, and in one with two hundred. */
export async function compareNights(options: {
  nights: number;
  oldContracts: number;
  contracts: number;
  repetitions: number;
}): Promise<FlatNights> {
  const { nights, contracts, oldContracts, repetitions } = options;
  const first: NightFigures[] = [];
  const after: NightFigures[] = [];
  const old = await seeded(oldContracts);
  try {
    const { plans } = plantNights(join(old.home, 'daybreak.db'), nights - 1);
    for (let n = 0; n < repetitions; n++) {
      const fresh = await seeded(oldContracts);
      try {
        first.push(await fresh.night({ contracts, firstContract: 1_000_000 }));
      } finally {
        fresh.remove();
      }
      const day = String(20 + n);
      after.push(await old.night({ contracts, firstContract: 1_000_000 * (n + 1), date: `2026-11-${day}` }));
    }
    const ratio = median(after.map(({ seconds }) => seconds)) / median(first.map(({ seconds }) => seconds));
    return { nights, oldPlans: plans + oldContracts * 2, first, after, ratio };
  } finally {
    old.remove();
  }
}

async function seeded(contracts: number): Promise<NightPlace> {
  const place = createNightPlace();
  await place.night({ contracts, date: SEED_DATE });
  return place;
}
