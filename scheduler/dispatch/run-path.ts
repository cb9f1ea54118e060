/** Where an executor takes runs: generation E of xxl-job calls it `trigger`, those before it `run`. */
export type RunPath = 'run' | 'trigger';
