import type { SqlReader } from '../../../shared/sql/sql.ts';
import { groupsOf, groupsOfJobNames, type SubjectRef } from '../../admin/rights/find-groups.ts';
import type { Touched } from '../../admin/rights/rights.ts';
import type { Subject } from './contract/permissions.ts';

export interface Input {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

export interface Found {
  readonly touched: Touched;
  /** What the audit log names; null: the route touches no one thing. */
  readonly ref: SubjectRef | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** What a request touches, and of which groups that is. Null: there is no such thing. */
export async function findTouched(db: SqlReader, subject: Subject, input: Input): Promise<Found | null> {
  switch (subject.kind) {
    case 'none':
    case 'visible':
    case 'each':
      return { touched: 'none', ref: null };
    case 'installation':
      return { touched: 'everything', ref: null };
    default: {
      const fields = (input[subject.in] ?? {}) as Fields;
      return findOne(db, subject.kind, fields, subject.field);
    }
  }
}

async function findOne(db: SqlReader, kind: string, fields: Fields, field: string): Promise<Found | null> {
  switch (kind) {
    case 'hold':
      return findHeld(db, fields);
    case 'timed': {
      const { job, chain } = fields as { job?: string; chain?: string };
      if (job !== undefined) return found(db, { kind: 'job_name', id: job });
      return chain === undefined ? { touched: 'everything', ref: null } : found(db, { kind: 'chain', id: chain });
    }
    case 'definition':
      return {
        touched: field === 'job' ? groupOfJobInput(fields[field]) : await groupsOfChainInput(db, fields[field]),
        ref: null,
      };
    default:
      return found(db, { kind, id: fields[field] as string | number });
  }
}

async function found(db: SqlReader, ref: SubjectRef): Promise<Found | null> {
  const touched = await groupsOf(db, ref);
  return touched === null ? null : { touched, ref };
}

async function findHeld(db: SqlReader, fields: Fields): Promise<Found | null> {
  const { scope, name = '' } = fields as { scope: string; name?: string };
  if (scope === 'cluster') return { touched: 'everything', ref: { kind: 'cluster', id: '*' } };
  return found(db, { kind: scope === 'job' ? 'job_name' : scope, id: name });
}

/** The group that a job would be of; one that names none is nobody's, and refused when its shape is read. */
export function groupOfJobInput(definition: unknown): Touched {
  const { group } = (definition ?? {}) as { group?: unknown };
  return typeof group === 'string' ? [group] : 'everything';
}

/** The groups that a chain would be of: those of its nodes and sweeps, whatever else it says. */
export async function groupsOfChainInput(db: SqlReader, definition: unknown): Promise<Touched> {
  const { nodes, sweeps } = (definition ?? {}) as { nodes?: unknown; sweeps?: unknown };
  const names = [nodes, sweeps].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  return groupsOfJobNames(
    db,
    names.filter((name) => typeof name === 'string'),
  );
}
