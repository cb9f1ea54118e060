import { DaybreakError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Joined } from '../../shared/protocol/join.ts';
import { askToJoin } from './http-join.ts';
import { hashOfJoinToken, type KeptJoin, keepJoin, readKeptJoin } from './joined-file.ts';

/** What a node without an access token of its own starts with. */
export interface Applicant {
  readonly appname: string;
  /** Empty: those that it joined before. */
  readonly schedulers: readonly string[];
  readonly joinToken: string | null;
  readonly dataDir: string;
  readonly schedulerTimeoutMs: number;
  readonly logger: Logger;
}

/** What it needs to speak to its schedulers. */
export interface Admission extends Joined {
  readonly schedulers: readonly string[];
}

/**
 * Joins by the one-time token, or goes on with what an earlier start got by one. Throws BAD_OPTION when there is neither,
 * UNAUTHORIZED, CONFLICT or RATE_LIMITED when the scheduler refuses, SCHEDULER_UNREACHABLE when none answers.
 */
export async function admitNode(applicant: Applicant): Promise<Admission> {
  const { appname, dataDir, logger } = applicant;
  const kept = await readKeptJoin(dataDir);
  const way = chooseWay(applicant, kept);
  switch (way.kind) {
    case 'refused':
      throw new DaybreakError('BAD_OPTION', `executor option ${way.why}`);
    case 'go_on':
      return way.kept;
    case 'join': {
      const { schedulers } = way;
      const joined = await askToJoin({ ...applicant, schedulers, joinToken: way.joinToken });
      await keepJoin(dataDir, {
        ...joined,
        appname,
        schedulers: [...schedulers],
        joinTokenHash: hashOfJoinToken(way.joinToken),
      });
      logger.info({ dataDir }, 'joined: the next start needs no join token');
      return { ...joined, schedulers };
    }
  }
}

export type Way =
  | { readonly kind: 'join'; readonly schedulers: readonly string[]; readonly joinToken: string }
  | { readonly kind: 'go_on'; readonly kept: KeptJoin }
  | { readonly kind: 'refused'; readonly why: string };

/** A token that is new is used; one that was used by this very node means that the same command was started again. */
export function chooseWay(
  { appname, schedulers, joinToken, dataDir }: Pick<Applicant, 'appname' | 'schedulers' | 'joinToken' | 'dataDir'>,
  kept: KeptJoin | null,
): Way {
  const isOurs = kept !== null && kept.appname === appname;
  // A token of one scheduler is never shown to another.
  const fits = isOurs && (schedulers.length === 0 || sameRoots(schedulers, kept.schedulers));
  if (fits && (joinToken === null || hashOfJoinToken(joinToken) === kept.joinTokenHash)) return { kind: 'go_on', kept };
  const roots = schedulers.length === 0 && isOurs ? kept.schedulers : schedulers;
  if (roots.length === 0) {
    return refused('schedulers: give the address of at least one, or set DAYBREAK_SCHEDULERS');
  }
  if (joinToken !== null) return { kind: 'join', schedulers: roots, joinToken };
  if (kept === null) {
    return refused(
      'joinToken: this node has not joined yet, so give joinToken or accessToken, or set DAYBREAK_JOIN_TOKEN',
    );
  }
  return refused(
    `joinToken: ${dataDir} is of "${kept.appname}" at ${kept.schedulers.join(', ')}: give a joinToken, or another dataDir`,
  );
}

const refused = (why: string): Way => ({ kind: 'refused', why });

function sameRoots(a: readonly string[], b: readonly string[]): boolean {
  const plain = (roots: readonly string[]) => JSON.stringify(roots.map((root) => root.replace(/\/+$/, '')).sort());
  return plain(a) === plain(b);
}
