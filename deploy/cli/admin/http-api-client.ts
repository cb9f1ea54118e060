import axios from 'axios';
import {
  API_PREFIX,
  type Body,
  type Params,
  type Query,
  type Reply,
  type RouteName,
} from '../../../scheduler/api/admin/contract/routes.ts';
import type { FieldProblem } from '../../../scheduler/api/admin/contract/shapes.ts';
import { DaybreakError, ERRORS, type ErrorCode, messageOf } from '../../../shared/errors.ts';

/** What was refused, field by field. */
export class ApiRefusal extends DaybreakError {
  readonly fields: readonly FieldProblem[];
  constructor(code: ErrorCode, message: string, fields: readonly FieldProblem[]) {
    super(code, message);
    this.fields = fields;
  }
}

export interface Asked<N extends RouteName> {
  readonly params?: Params<N>;
  readonly query?: Query<N>;
  readonly body?: Body<N>;
}

/** What commands ask of /api/v1. */
export interface ApiClient {
  /**
   * Asks the schedulers in turn until one has answered. Throws ApiRefusal with what it answered, UNAUTHORIZED when it does
   * not take the key, and SCHEDULER_UNREACHABLE when none answers.
   */
  ask<N extends RouteName>(name: N, asked?: Asked<N>, signal?: AbortSignal): Promise<Reply<N>>;
}

const TIMEOUT_MS = 60_000;

export function createApiClient(given: { readonly schedulers: readonly string[]; readonly apiKey: string }): ApiClient {
  const http = axios.create({
    adapter: 'http',
    // The key would follow a redirect to an address that nobody named, and a proxy from the environment would see it.
    maxRedirects: 0,
    proxy: false,
    responseType: 'text',
    transformResponse: [(text: string) => text],
    validateStatus: () => true,
    maxContentLength: 64 * 1_048_576,
    maxBodyLength: 64 * 1_048_576,
    headers: { authorization: `Bearer ${given.apiKey}`, 'content-type': 'application/json' },
  });
  return {
    async ask<N extends RouteName>(name: N, asked: Asked<N> = {}, signal?: AbortSignal): Promise<Reply<N>> {
      const { method, path } = addressOf(name, asked);
      const silent: string[] = [];
      for (const root of given.schedulers.map((each) => each.replace(/\/+$/, ''))) {
        try {
          const limit = AbortSignal.timeout(TIMEOUT_MS);
          const { status, data } = await http.request<string>({
            url: `${root}${path}`,
            method,
            signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
            ...(asked.body === undefined ? {} : { data: JSON.stringify(asked.body) }),
          });
          return answerOf<Reply<N>>(root, status, data, asked.params);
        } catch (error) {
          if (error instanceof DaybreakError) throw error;
          signal?.throwIfAborted();
          // Never the error itself: it carries the headers of the request, and with them the key.
          silent.push(`${root}: ${axios.isAxiosError(error) ? (error.code ?? 'no answer') : messageOf(error)}`);
        }
      }
      throw new DaybreakError('SCHEDULER_UNREACHABLE', `no scheduler answers (${silent.join('; ')})`);
    },
  };
}

function addressOf(name: RouteName, { params, query }: { params?: unknown; query?: unknown }) {
  const [method = '', path = ''] = name.split(' ');
  const values = (params ?? {}) as Readonly<Record<string, unknown>>;
  const filled = path.replace(/:(\w+)/g, (_, field: string) => encodeURIComponent(String(values[field])));
  const pairs = Object.entries((query ?? {}) as object).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(pairs.map(([field, value]): [string, string] => [field, String(value)]));
  return { method, path: `${API_PREFIX}${filled}${pairs.length === 0 ? '' : `?${search}`}` };
}

/** Throws a plain error for what another scheduler may answer better: this one cannot just now, or is none of ours. */
function answerOf<T>(root: string, status: number, text: string, params: object = {}): T {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (cause) {
    throw new Error(`HTTP ${status}, and no JSON`, { cause });
  }
  if (status === 200) return answer as T;
  const { error } = (answer ?? {}) as {
    error?: { code?: string; message?: string; fields?: FieldProblem[] };
  };
  const { code = '', message = 'refused', fields = [] } = error ?? {};
  if (status === 404 && error === undefined) {
    throw new DaybreakError('NOT_FOUND', `the scheduler at ${root} serves no admin: it was started with --no-admin`);
  }
  if (status >= 500 || !Object.hasOwn(ERRORS, code)) throw new Error(`HTTP ${status}: ${message}`);
  if (code === 'UNAUTHORIZED') {
    throw new DaybreakError(
      'UNAUTHORIZED',
      `the scheduler at ${root} does not take this key: it is wrong, revoked or too old (--api-key-file, or DAYBREAK_API_KEY)`,
    );
  }
  throw new ApiRefusal(code as ErrorCode, code === 'NOT_FOUND' ? `${message}${whichOf(params)}` : message, fields);
}

/** ": run 12, or this key may not see it". The API says the same of what is not there and of what is not shown. */
function whichOf(params: object): string {
  const asked = Object.entries(params).map(([field, value]) => `${field.replace(/Id$/, '')} ${value}`);
  return asked.length === 0 ? '' : `: ${asked.join(', ')}, or this key may not see it`;
}
