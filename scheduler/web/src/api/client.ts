import type { Body, Params, Query, Reply, RouteName } from '../../../api/admin/contract/routes.ts';
import type { FieldProblem, Problem } from '../../../api/admin/contract/shapes.ts';
import { heardAnswer, heardNothing } from './connection.ts';

export type { FieldProblem, Reply, RouteName };

/** What the API refused, or that it could not be reached (status 0). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, error: Problem['error']) {
    super(error.message);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = error.code;
    this.fields = error.fields ?? [];
    this.details = error.details ?? {};
    this.retryAfterSeconds = error.retryAfterSeconds ?? null;
  }
}

/** Nobody was there, somebody else answered, or the scheduler is there without its store: nothing that is shown is of now. */
export const isUnconnected = (error: unknown): boolean =>
  error instanceof ApiProblem &&
  (error.status === 0 || error.code === 'STORE_UNREACHABLE' || (error.code === 'UNEXPECTED' && error.status >= 502));

type Given<T> = T extends undefined ? unknown : T;
export interface Parts<N extends RouteName> {
  readonly params?: Given<Params<N>>;
  readonly query?: Given<Query<N>>;
  readonly body?: Given<Body<N>>;
  readonly signal?: AbortSignal;
}

const BASE = new URL('./api/v1', document.baseURI).href;
/** Kept in memory only; it comes with every answer that holds a session. */
let csrfToken: string | null = null;
/** Called when the session is over, or a first password has to be changed. */
let onTurnedAway: (why: 'session' | 'password') => void = () => undefined;

export const keepCsrfToken = (token: string | null): void => {
  csrfToken = token;
};
export const whenTurnedAway = (tell: typeof onTurnedAway): void => {
  onTurnedAway = tell;
};

/** Calls a route of the contract by its name; throws ApiProblem for everything but a 2xx. */
export async function call<N extends RouteName>(name: N, parts: Parts<N> = {}): Promise<Reply<N>> {
  const [method = 'GET'] = name.split(' ');
  const answer = await send(addressOf(name, parts), {
    method,
    credentials: 'same-origin',
    headers: headersOf(method, parts.body),
    ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
    ...(parts.signal === undefined ? {} : { signal: parts.signal }),
  });
  const text = await readText(answer);
  const value: unknown = text === '' ? null : readJson(text);
  if (answer.ok) {
    heardAnswer();
    return value as Reply<N>;
  }
  const problem = problemOf(answer, value);
  if (isUnconnected(problem)) heardNothing();
  else heardAnswer();
  const why = problem.details.why === 'password_change_needed' ? 'password' : 'session';
  if (problem.status === 401 || why === 'password') onTurnedAway(why);
  throw problem;
}

/** Where a route is, for links that download and for the stream. */
export function addressOf<N extends RouteName>(name: N, parts: Pick<Parts<N>, 'params' | 'query'> = {}): string {
  const [, path = ''] = name.split(' ');
  const values = (parts.params ?? {}) as Record<string, string | number>;
  const filled = path.replace(/:(\w+)/g, (_, field: string) => encodeURIComponent(String(values[field])));
  const query = new URLSearchParams();
  for (const [field, value] of Object.entries((parts.query ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && value !== null && value !== '') query.set(field, String(value));
  }
  const text = query.toString();
  return `${BASE}${filled}${text === '' ? '' : `?${text}`}`;
}

function headersOf(method: string, body: unknown): Record<string, string> {
  return {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(method === 'GET' || csrfToken === null ? {} : { 'x-csrf-token': csrfToken }),
  };
}

const send = (url: string, init: RequestInit): Promise<Response> => reached(fetch(url, init));
/** An answer may break off in its middle, too. */
const readText = (answer: Response): Promise<string> => reached(answer.text());

async function reached<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    heardNothing();
    throw new ApiProblem(0, { code: 'UNREACHABLE', message: String(cause), fields: [], details: {} });
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function problemOf(answer: Response, value: unknown): ApiProblem {
  const error = (value as Problem | null)?.error;
  if (error !== undefined && typeof error.code === 'string') return new ApiProblem(answer.status, error);
  // A proxy in between answers in words of its own.
  return new ApiProblem(answer.status, { code: 'UNEXPECTED', message: answer.statusText, fields: [], details: {} });
}

/** A new one for each thing that a person asks for; kept while the same request is tried again. */
export const newRequestId = (): string => crypto.randomUUID();
