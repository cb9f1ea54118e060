import { alarmRoutes } from './alarm-routes.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { chainRoutes } from './chain-routes.ts';
import { chainRunRoutes } from './chain-run-routes.ts';
import { definitionRoutes } from './definition-routes.ts';
import { dryRunRoutes } from './dry-run-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { nightRoutes } from './night-routes.ts';
import { peopleRoutes } from './people-routes.ts';
import { recordRoutes } from './record-routes.ts';
import type { BodyOf, ParamsOf, QueryOf, ReplyOf } from './route.ts';
import { runRoutes } from './run-routes.ts';
import { scriptRoutes } from './script-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { streamRoutes } from './stream-routes.ts';
import { timingRoutes } from './timing-routes.ts';

/** Below it lies every route of the table. */
export const API_PREFIX = '/api/v1';
/** What a browser sends its session's token in with everything that is not a GET. */
export const CSRF_HEADER = 'x-csrf-token';

/**
 * The whole API as data: `METHOD /path` below /api/v1. The server mounts nothing else, the document at /openapi.json is
 * made from it, and a client is typed by it:
 * @example type Job = Reply<'GET /jobs/:jobId'>;
 */
export const ROUTES = {
  ...sessionRoutes,
  ...peopleRoutes,
  ...groupRoutes,
  ...jobRoutes,
  ...scriptRoutes,
  ...chainRoutes,
  ...chainRunRoutes,
  ...dryRunRoutes,
  ...timingRoutes,
  ...definitionRoutes,
  ...runRoutes,
  ...alarmRoutes,
  ...recordRoutes,
  ...nightRoutes,
  ...bulkRoutes,
  ...streamRoutes,
} as const;

export type Routes = typeof ROUTES;
export type RouteName = keyof Routes;
export type Params<N extends RouteName> = ParamsOf<Routes[N]>;
export type Query<N extends RouteName> = QueryOf<Routes[N]>;
export type Body<N extends RouteName> = BodyOf<Routes[N]>;
export type Reply<N extends RouteName> = ReplyOf<Routes[N]>;
