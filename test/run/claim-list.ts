import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A figure that the project states in public, and how anybody measures it again. */
export interface Claim {
  readonly id: string;
  /** The sentence, in full. */
  readonly text: string;
  /** `npm run bench -- ...`; its figure of the same id is compared with the bound. */
  readonly command: string;
  /** What has to hold on any machine like the one named: one bound, and its unit. */
  readonly expected: { readonly min?: number; readonly max?: number; readonly unit: string };
  readonly measured: {
    readonly value: number;
    readonly machine: string;
    /** `YYYY-MM-DD` */
    readonly date: string;
    /** How it was taken: repetitions, load, what is left out. */
    readonly how: string;
  };
  /** Measured by `npm run claims` without arguments. */
  readonly cheap: boolean;
}

export const readClaims = (root: string): readonly Claim[] =>
  JSON.parse(readFileSync(join(root, 'docs/claims.json'), 'utf8')) as Claim[];

export const holdsAt = ({ min, max }: Claim['expected'], value: number): boolean =>
  (min === undefined || value >= min) && (max === undefined || value <= max);

const READMES = ['README.md', 'README.zh-CN.md'];

/** The figures that a README marks with `<!-- claim:ID -->`, each with the line that it stands on. */
export function markedClaims(root: string): readonly { file: string; id: string; line: string }[] {
  return READMES.filter((file) => existsSync(join(root, file))).flatMap((file) =>
    markedIn(readFileSync(join(root, file), 'utf8')).map((mark) => ({ file, ...mark })),
  );
}

export function markedIn(text: string): { id: string; line: string }[] {
  return text
    .split('\n')
    .flatMap((line) => [...line.matchAll(/<!--\s*claim:(\S+?)\s*-->/g)].map(([, id]) => ({ id: id ?? '', line })));
}
