/** How the scheduler looks at files. The adapter is `system-input-files.ts`. */
export interface InputFiles {
  /** Follows links, and refuses what does not end under one of the roots, or is no plain file. */
  look(path: string, roots: readonly string[]): Promise<Sighting>;
  /** Reads the whole content, a piece at a time. */
  hash(path: string, roots: readonly string[]): Promise<Hashed>;
}

export type Sighting =
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'there'; readonly bytes: number; readonly changedAtMs: number };

export type Hashed =
  /** It was changed while it was read, or went away. */
  | { readonly kind: 'unsteady' }
  | { readonly kind: 'hashed'; readonly bytes: number; readonly changedAtMs: number; readonly sha256: string };
