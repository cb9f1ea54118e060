import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Whole nights first: they mostly wait for a cut-off, a visibility or the pace of repeats, and what computes fills their
 * pauses. Begun last, as their small files would be, they would be waited for alone at the end.
 */
export class LongTestsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // A stable sort: within a rank vitest's own order stays.
    return sorted.sort((a, b) => rankOf(a.moduleId) - rankOf(b.moduleId));
  }
}

// One that waits beside one that computes: against gateways that lie a night ends at its cut-off, a whole minute, while
// a browser computes for a minute in one process after the other.
const RANKS = [
  /\/night-hostile\./,
  /\/test\/web\/places\./,
  /\/night-cli-nights\./,
  /\/test\/web\/night\./,
  /\/night-killed\./,
  /\/test\/web\//,
  /\/integration\/cluster\//,
  /\/integration\/(.*\/)?(night[-/]|five-minutes|dev-command|cluster-)/,
  // Half a minute of computing in one process.
  /\/test\/simulation\//,
];

export function rankOf(path: string): number {
  const rank = RANKS.findIndex((pattern) => pattern.test(path));
  return rank < 0 ? RANKS.length : rank;
}
