import { isTimeOfDay, isTimeZone } from '../../shared/business-date.ts';
import type { EdgeRule } from '../chain/edge-rules.ts';
import { configHash } from './config-hash.ts';
import { checkChainShape } from './definition-shapes.ts';
import type { Job } from './job-definition.ts';
import { paramFault } from './param-fields.ts';
import { NAME, type Refuse, refuseDefinition, refuseDoubles } from './refuse.ts';
import {
  type BusinessDateRule,
  checkBusinessDate,
  checkLimits,
  checkMisfire,
  checkSchedule,
  DEFAULT_BUSINESS_DATE,
  DEFAULT_LIMITS,
  DEFAULT_MISFIRE,
  type Misfire,
  type Schedule,
  type ScheduleLimits,
} from './schedule-definition.ts';

export interface ChainEdge extends EdgeRule {
  readonly from: string;
  readonly to: string;
}

/** When a chain run has to be done: a time of day (the first such instant after the start, in the zone), or a span. */
export type CutOff =
  | { readonly kind: 'none' }
  | { readonly kind: 'time'; readonly time: string; readonly zone: string }
  | { readonly kind: 'after'; readonly afterMs: number };

/** A chain: jobs joined by edges. A node starts when its edges are met (all of them, or any); roots start at once. */
export interface ChainDefinition {
  readonly name: string;
  /** For people. Default ''. */
  readonly title?: string;
  /** Default ''. */
  readonly owner?: string;
  readonly tags?: readonly string[];
  /** Job names. */
  readonly nodes: readonly string[];
  readonly edges: readonly ChainEdge[];
  /** Nodes that start when ANY of their edges is met. Every other node waits for all. Default none. */
  readonly joinAny?: readonly string[];
  /** Jobs with a schedule of their own that runs while a run of this chain is active. */
  readonly sweeps?: readonly string[];
  readonly schedule?: Schedule;
  readonly limits?: ScheduleLimits;
  readonly misfire?: Partial<Misfire>;
  readonly businessDate?: Partial<BusinessDateRule>;
  /** For runs that a schedule starts. Default none. */
  readonly cutOff?: CutOff;
  /** Default true. */
  readonly enabled?: boolean;
}

export interface Chain extends Required<ChainDefinition> {
  readonly limits: Required<ScheduleLimits>;
  readonly misfire: Misfire;
  readonly businessDate: BusinessDateRule;
  readonly configHash: string;
}

/** Fills in the defaults and refuses what cannot work, naming the chain and the field. */
export function readChain(given: ChainDefinition, jobs: ReadonlyMap<string, Job>): Chain {
  const definition = checkChainShape(given);
  const chain = {
    title: '',
    owner: '',
    tags: [],
    joinAny: [],
    sweeps: [],
    schedule: { kind: 'none' as const },
    cutOff: { kind: 'none' as const },
    enabled: true,
    ...definition,
    limits: { ...DEFAULT_LIMITS, ...definition.limits },
    misfire: { ...DEFAULT_MISFIRE, ...definition.misfire },
    businessDate: { ...DEFAULT_BUSINESS_DATE, ...definition.businessDate },
  };
  const refuse: Refuse = (field, why) => refuseDefinition(`chain "${chain.name}": ${field} ${why}`);
  if (!NAME.test(chain.name)) refuse('name', 'must be 1 to 64 letters, digits, ".", "_" or "-"');
  checkNodes(chain, jobs, refuse);
  checkEdges(chain, refuse);
  checkSchedule(chain.schedule, refuse);
  if (chain.schedule.kind === 'parent') refuse('schedule', 'cannot be of kind parent: join the jobs by edges');
  checkLimits(chain.limits, chain.schedule, refuse);
  checkMisfire(chain.misfire, refuse);
  checkBusinessDate(chain.businessDate, refuse);
  checkCutOff(chain.cutOff, refuse);
  return { ...chain, configHash: configHash(chain) };
}

type Filled = Omit<Chain, 'configHash'>;

function checkCutOff(cutOff: CutOff, refuse: Refuse): void {
  if (cutOff.kind === 'time') {
    if (!isTimeOfDay(cutOff.time)) refuse('cutOff.time', `"${cutOff.time}" is no time of day: write HH:MM`);
    if (!isTimeZone(cutOff.zone)) refuse('cutOff.zone', `"${cutOff.zone}" is no IANA zone such as Asia/Shanghai`);
  } else if (cutOff.kind === 'after' && !(Number.isSafeInteger(cutOff.afterMs) && cutOff.afterMs > 0)) {
    refuse('cutOff.afterMs', 'must be a positive number of milliseconds');
  }
}

function checkNodes(chain: Filled, jobs: ReadonlyMap<string, Job>, refuse: Refuse): void {
  if (chain.nodes.length === 0) refuse('nodes', 'must name at least one job');
  refuseDoubles(`node of chain "${chain.name}"`, [...chain.nodes, ...chain.sweeps]);
  for (const name of [...chain.nodes, ...chain.sweeps]) {
    if (!jobs.has(name)) refuse('nodes', `name "${name}", but there is no job "${name}"`);
  }
  if (chain.schedule.kind !== 'none') checkParamsAreWhole(chain.nodes, jobs, refuse);
  for (const name of chain.sweeps) {
    if (jobs.get(name)?.schedule.kind !== 'fixed_rate')
      refuse('sweeps', `name "${name}", which needs a fixed_rate schedule`);
  }
  for (const name of chain.joinAny) if (!chain.nodes.includes(name)) refuse('joinAny', `names "${name}", no node`);
}

/** Nobody is there to give what is required when a chain starts by itself. */
function checkParamsAreWhole(nodes: readonly string[], jobs: ReadonlyMap<string, Job>, refuse: Refuse): void {
  for (const name of nodes) {
    const job = jobs.get(name);
    const fault = job === undefined ? null : paramFault(job.paramFields, job.param);
    if (fault !== null) refuse('schedule', `starts job "${name}", whose param ${fault.words}`);
  }
}

function checkEdges(chain: Filled, refuse: Refuse): void {
  refuseDoubles(
    `edge of chain "${chain.name}"`,
    chain.edges.map((edge) => edgeName(edge)),
  );
  for (const edge of chain.edges) {
    for (const end of [edge.from, edge.to]) if (!chain.nodes.includes(end)) refuse('edges', `name "${end}", no node`);
    const { graceMs, deadlineMs } = edge;
    if (graceMs !== undefined && graceMs !== 'auto' && !(Number.isInteger(graceMs) && graceMs >= 0)) {
      refuse(`edge ${edgeName(edge)}:`, `graceMs must be 'auto' or an integer of 0 or more`);
    }
    if (deadlineMs !== undefined && !(Number.isSafeInteger(deadlineMs) && deadlineMs >= 1)) {
      refuse(`edge ${edgeName(edge)}:`, 'deadlineMs must be a positive number of milliseconds');
    }
    if (edge.onDeadline !== undefined && deadlineMs === undefined) {
      refuse(`edge ${edgeName(edge)}:`, 'onDeadline needs a deadlineMs beside it');
    }
  }
  const cycle = findCycle(chain);
  if (cycle !== null) refuse('edges', `go round in a circle: ${cycle.join(' > ')}`);
}

/** How an edge is called in child links and reasons. */
export const edgeName = (edge: { readonly from: string; readonly to: string }): string => `${edge.from}>${edge.to}`;
export const edgesInto = (chain: Pick<ChainDefinition, 'edges'>, node: string) =>
  chain.edges.filter((edge) => edge.to === node);
export const edgesOutOf = (chain: Pick<ChainDefinition, 'edges'>, node: string) =>
  chain.edges.filter((edge) => edge.from === node);

/** Takes away node after node that has no edge left into it; what stays holds a circle, which is walked once round. */
function findCycle(chain: Filled): string[] | null {
  const left = new Set(chain.nodes);
  for (let taken = true; taken; ) {
    taken = false;
    for (const node of left) {
      if (edgesInto(chain, node).every((edge) => !left.has(edge.from))) taken = left.delete(node);
    }
  }
  const [first] = left;
  if (first === undefined) return null;
  const path = [first];
  for (;;) {
    // Each node left has a parent that is left, so walking backwards must come round.
    const parent = edgesInto(chain, path[0] ?? '').find((edge) => left.has(edge.from))?.from ?? first;
    const seenAt = path.indexOf(parent);
    path.unshift(parent);
    if (seenAt >= 0) return path.slice(0, seenAt + 2);
  }
}
