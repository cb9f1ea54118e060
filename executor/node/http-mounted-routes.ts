import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { DaybreakError } from '../../shared/errors.ts';
import { answerRequest, fail, type NodeServerOptions, sendEnvelope } from './http-node-server.ts';

/**
 * The endpoints of an executor, for a server that is there already.
 * @example
 * app.use('/batch', executor.routes()); // express, and Nest on express
 * server.register(executor.routes().fastify, { prefix: '/batch' }); // fastify
 * http.createServer(executor.routes({ prefix: '/batch' })); // node's own
 */
export interface ExecutorRoutes {
  /** Answers each request that it gets; it never calls a next handler. */
  (request: IncomingMessage, response: ServerResponse): void;
  /** The same as a plugin, which leaves the bodies of its own routes to the executor. */
  readonly fastify: (instance: FastifyInstance) => Promise<void>;
}

export interface RoutesOptions {
  /** What is cut off from the front of each path when the server has not done so itself; default none. */
  readonly prefix?: string;
}

/** One executor's answers, behind a door that another server holds. */
export interface MountedDoor {
  routes(options?: RoutesOptions): ExecutorRoutes;
  open(answers: NodeServerOptions): void;
  close(): void;
}

export function createMountedDoor(): MountedDoor {
  let answers: NodeServerOptions | null = null;

  function answer(request: IncomingMessage, response: ServerResponse, prefix: string): void {
    // In the protocol's own way: a scheduler takes this for a node that says no, not for a broken line.
    if (answers === null) sendEnvelope(response, fail('this executor does not run: it was not started, or is stopped'));
    else void answerRequest(request, response, answers, below(prefix, request.url ?? ''));
  }

  function routes(options: RoutesOptions = {}): ExecutorRoutes {
    const prefix = checkPrefix(options.prefix ?? '');
    const handle = (request: IncomingMessage, response: ServerResponse) => answer(request, response, prefix);
    return Object.assign(handle, {
      async fastify(instance: FastifyInstance) {
        const mountedAt = instance.prefix || prefix;
        instance.removeAllContentTypeParsers();
        // The body stays in its stream: the executor has its own limit, and its own words for what is wrong.
        instance.addContentTypeParser('*', (_request, _payload, done) => done(null));
        instance.all('/*', (request, reply) => {
          reply.hijack();
          answer(request.raw, reply.raw, mountedAt);
        });
      },
    });
  }

  return {
    routes,
    open(given) {
      answers = given;
    },
    close() {
      answers = null;
    },
  };
}

/** A path that does not begin with the prefix was cut by the server: express does so with `app.use`. */
function below(prefix: string, url: string): string {
  return prefix !== '' && url.startsWith(`${prefix}/`) ? url.slice(prefix.length) : url;
}

function checkPrefix(prefix: string): string {
  const cut = prefix.replace(/\/+$/, '');
  if (cut === '' || /^(\/[\w.~-]+)+$/.test(cut)) return cut;
  throw new DaybreakError('BAD_OPTION', `routes option prefix: "${prefix}" must be like /batch`, {
    details: { option: 'prefix' },
  });
}
