import { DaybreakError } from '../../../../shared/errors.ts';
import { applyDefinitions, exportDefinitions } from '../../../admin/definition/apply-definitions.ts';
import { type DefinitionFile, planDefinitions } from '../../../admin/definition/plan-definitions.ts';
import { firstPasswordsFor } from '../../../admin/people/first-passwords.ts';
import { NEW_PEOPLE_MAX, planPeople } from '../../../admin/people/plan-people.ts';
import type { Principal } from '../../../admin/rights/rights.ts';
import { checkArrivals } from '../../../arrival/check-arrivals.ts';
import type { Job } from '../../../definition/job-definition.ts';
import type { DefinitionChange, definitionRoutes, DefinitionFile as Sent } from '../contract/definition-routes.ts';
import type { FieldProblem } from '../contract/shapes.ts';
import type { AdminParts, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';

export function createDefinitionHandlers(parts: AdminParts): Handlers<typeof definitionRoutes> {
  const { ctx } = parts;
  const checkJob = (job: Job): void => checkArrivals([job], parts.arrivalRoots);

  /** Our token goes to these: they are asked of the allowed networks before anything is stored. */
  async function wrongAddresses({ groups = [] }: Sent): Promise<FieldProblem[]> {
    const problems: FieldProblem[] = [];
    for (const [at, { addresses = [] }] of groups.entries()) {
      for (const [no, address] of addresses.entries()) {
        const refusal = await ctx.client.refusalOf(address.endsWith('/') ? address : `${address}/`);
        if (refusal !== null) problems.push({ path: `groups[${at}].addresses[${no}]`, message: refusal });
      }
    }
    return problems;
  }

  /** Hashed before the transaction, which must not wait for that; whoever is new by then only is a conflict there. */
  async function passwordsOfNew({ people = [] }: Sent) {
    const { changes } = await ctx.store.read('plan-people', (db) => planPeople(db, people, new Set()));
    const names = changes.filter(({ action }) => action === 'create').map(({ name }) => name);
    // Too many are refused when all is judged: not one of them is worth a hash.
    return names.length > NEW_PEOPLE_MAX ? [] : firstPasswordsFor(names, ctx.runtime.random);
  }

  return {
    'GET /definitions': async ({ principal }) =>
      (await ctx.store.read('export-definitions', (db) => exportDefinitions(db, principal.isAdmin))) as Sent,
    'POST /definitions/check': async ({ body, principal }) => {
      refusePeople(body.definitions, principal);
      const file = body.definitions as DefinitionFile;
      const { problems, changes, basis } = await ctx.store.read('plan-definitions', (db) =>
        planDefinitions(db, file, checkJob),
      );
      return { problems: [...problems, ...(await wrongAddresses(body.definitions))], changes, basis };
    },
    'POST /definitions/apply': async (call) => {
      const { definitions, basis } = call.body;
      refusePeople(definitions, call.principal);
      const firstPasswords = await passwordsOfNew(definitions);
      const addresses = await wrongAddresses(definitions);
      const changes = await applyDefinitions(call.ctx, definitions as DefinitionFile, {
        basis,
        by: { principalKind: call.principal.kind, who: call.principal.name, from: call.from },
        hashes: new Map(firstPasswords.map(({ name, hash }) => [name, hash])),
        checkJob,
        judge({ problems, changes }) {
          const all = [...problems, ...addresses];
          if (all.length > 0) throw new FieldsError(all, 'CONFIG_INVALID');
          if (!call.principal.isAdmin && changes.some(movesExecutors)) {
            throw new DaybreakError(
              'FORBIDDEN',
              'only an administrator says at which addresses executors are: our token goes there',
            );
          }
        },
      });
      return { changes, firstPasswords: firstPasswords.map(({ name, password }) => ({ name, password })) };
    },
  };
}

/** Also before they are only compared: the differences say what others may. */
function refusePeople({ people = [] }: Sent, principal: Principal): void {
  if (people.length === 0 || principal.isAdmin) return;
  throw new DaybreakError(
    'FORBIDDEN',
    'people and their rights are an administrator\'s: give the key of one, or leave "people" out of the file',
  );
}

const movesExecutors = ({ kind, action, differences }: DefinitionChange): boolean =>
  kind === 'group' &&
  differences.some(
    ({ path, after }) =>
      (path === 'addresses' && !(action === 'create' && Array.isArray(after) && after.length === 0)) ||
      (path === 'addressType' && !(action === 'create' && after === 'auto')),
  );
