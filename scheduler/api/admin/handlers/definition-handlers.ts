import { DaybreakError } from '../../../../shared/errors.ts';
import { applyDefinitions, exportDefinitions } from '../../../admin/definition/apply-definitions.ts';
import { type DefinitionFile, planDefinitions } from '../../../admin/definition/plan-definitions.ts';
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

  return {
    'GET /definitions': async () => (await ctx.store.read('export-definitions', exportDefinitions)) as Sent,
    'POST /definitions/check': async ({ body }) => {
      const file = body.definitions as DefinitionFile;
      const { problems, changes, basis } = await ctx.store.read('plan-definitions', (db) =>
        planDefinitions(db, file, checkJob),
      );
      return { problems: [...problems, ...(await wrongAddresses(body.definitions))], changes, basis };
    },
    'POST /definitions/apply': async (call) => {
      const { definitions, basis } = call.body;
      const addresses = await wrongAddresses(definitions);
      const changes = await applyDefinitions(call.ctx, definitions as DefinitionFile, {
        basis,
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
      return { changes };
    },
  };
}

const movesExecutors = ({ kind, action, differences }: DefinitionChange): boolean =>
  kind === 'group' &&
  differences.some(
    ({ path, after }) =>
      (path === 'addresses' && !(action === 'create' && Array.isArray(after) && after.length === 0)) ||
      (path === 'addressType' && !(action === 'create' && after === 'auto')),
  );
