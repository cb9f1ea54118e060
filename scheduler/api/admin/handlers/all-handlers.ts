import type { Routes } from '../contract/routes.ts';
import type { AdminParts, Handlers } from '../handler.ts';
import { createAlarmHandlers } from './alarm-handlers.ts';
import { createBulkHandlers } from './bulk-handlers.ts';
import { createChainHandlers } from './chain-handlers.ts';
import { createChainRunHandlers } from './chain-run-handlers.ts';
import { createDefinitionHandlers } from './definition-handlers.ts';
import { createDryRunHandlers } from './dry-run-handlers.ts';
import { createGroupHandlers } from './group-handlers.ts';
import { createJobHandlers } from './job-handlers.ts';
import { createNightHandlers } from './night-handlers.ts';
import { createPeopleHandlers } from './people-handlers.ts';
import { createRecordHandlers } from './record-handlers.ts';
import { createRunHandlers } from './run-handlers.ts';
import { createScriptHandlers } from './script-handlers.ts';
import { createSessionHandlers } from './session-handlers.ts';
import { createStreamHandlers } from './stream-handlers.ts';
import { createTimingHandlers } from './timing-handlers.ts';

/** One for each route of the table: a route without a handler does not compile. */
export const createAllHandlers = (parts: AdminParts): Handlers<Routes> => ({
  ...createSessionHandlers(parts),
  ...createPeopleHandlers(parts),
  ...createGroupHandlers(parts),
  ...createJobHandlers(parts),
  ...createScriptHandlers(parts),
  ...createChainHandlers(parts),
  ...createChainRunHandlers(parts),
  ...createDryRunHandlers(parts),
  ...createTimingHandlers(parts),
  ...createDefinitionHandlers(parts),
  ...createRunHandlers(parts),
  ...createAlarmHandlers(parts),
  ...createRecordHandlers(parts),
  ...createNightHandlers(parts),
  ...createBulkHandlers(parts),
  ...createStreamHandlers(parts),
});
