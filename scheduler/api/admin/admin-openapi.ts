import type { TSchema } from 'typebox';
import type { Route } from './contract/route.ts';
import { API_PREFIX, CSRF_HEADER, ROUTES, type RouteName } from './contract/routes.ts';
import { Problem } from './contract/shapes.ts';
import { cookieName } from './cookies.ts';

export const ADMIN_SECURITY = {
  key: { type: 'http', scheme: 'bearer', description: 'A key that an administrator made; it begins with dbk_.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: cookieName(true),
    description: `A session of the page; what is no GET needs the header ${CSRF_HEADER} as well.`,
  },
} as const;

/** Every route of the table, made from the very schemas that read what is sent. */
export function adminPaths(): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {};
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const [method = '', path = ''] = name.split(' ');
    const url = `${API_PREFIX}${path.replace(/:(\w+)/g, '{$1}')}`;
    paths[url] = { ...paths[url], [method.toLowerCase()]: describe(name, ROUTES[name]) };
  }
  return paths;
}

function describe(name: RouteName, route: Route): object {
  const content = route.streams ?? 'application/json';
  return {
    operationId: name.replace(/[^A-Za-z]+/g, '_').toLowerCase(),
    tags: ['admin'],
    summary: route.summary,
    'x-permission': route.permission,
    security: route.permission === 'public' ? [] : [{ key: [] }, { session: [] }],
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
    responses: {
      200: { description: 'Done.', content: { [content]: { schema: route.reply } } },
      default: { description: 'Refused, or it failed.', content: { 'application/json': { schema: Problem } } },
    },
  };
}

function parametersOf(schema: TSchema | undefined, where: 'path' | 'query'): object[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, TSchema>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }));
}
