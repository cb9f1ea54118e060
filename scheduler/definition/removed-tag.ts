/** Stands on a job or chain that was taken away: it is kept, stopped, because what it ran stays readable. */
export const REMOVED_TAG = 'removed';
