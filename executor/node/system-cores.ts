import { availableParallelism } from 'node:os';

/** Cores of this machine, as far as this process may use them. */
export const systemCores = (): number => availableParallelism();
