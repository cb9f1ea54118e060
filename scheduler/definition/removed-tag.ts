/** Stands on a job or chain that was taken away: it is kept, stopped, because what it ran stays readable. */
export const REMOVED_TAG = 'removed';

interface Kept {
  readonly enabled: boolean;
  readonly tags: readonly string[];
}

export const isTakenAway = ({ tags }: Pick<Kept, 'tags'>): boolean => tags.includes(REMOVED_TAG);
/** What people see of its tags, and what a copy of it has. */
export const ownTags = ({ tags }: Pick<Kept, 'tags'>): string[] => tags.filter((tag) => tag !== REMOVED_TAG);

export const takenAway = <T extends Kept>(definition: T): T => ({
  ...definition,
  enabled: false,
  tags: [...ownTags(definition), REMOVED_TAG],
});

/** Enabled, and back where it had been taken away. */
export const switchedOn = <T extends Kept>(definition: T): T => ({
  ...definition,
  enabled: true,
  tags: ownTags(definition),
});

export const switchedOff = <T extends Kept>(definition: T): T => ({ ...definition, enabled: false });
