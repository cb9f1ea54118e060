/** A job or a chain. Both are kept in versions and fire by a schedule, and the API has the same routes for both. */
export type DefinitionRef = { readonly jobId: number } | { readonly chain: string };

type Verb = 'GET' | 'POST' | 'DELETE';

/**
 * The route of whichever it is; the reference is what its address is filled in with.
 * @example call(routeOf(of, 'POST', '/enable'), { params: of })
 */
export const routeOf = <const V extends Verb, const P extends string>(of: DefinitionRef, verb: V, part: P) =>
  (isJob(of) ? `${verb} /jobs/:jobId${part}` : `${verb} /chains/:chain${part}`) as
    | `${V} /jobs/:jobId${P}`
    | `${V} /chains/:chain${P}`;

/** Where its own page is. */
export const pathOf = (of: DefinitionRef): string =>
  isJob(of) ? `/jobs/${of.jobId}` : `/chains/${encodeURIComponent(of.chain)}`;

/** The word that holds have for it. */
export const scopeOf = (of: DefinitionRef): 'job' | 'chain' => (isJob(of) ? 'job' : 'chain');

const isJob = (of: DefinitionRef): of is { readonly jobId: number } => 'jobId' in of;
