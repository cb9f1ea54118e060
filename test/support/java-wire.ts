import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';

/**
 * The wire of xxl-job as its Java peers speak it, for tests. The generations: B 2.2, C 2.3 to 3.2, D 3.3 to 3.4, E 3.5.
 */
export const GENERATIONS = ['B', 'C', 'D', 'E'] as const;
export type Generation = (typeof GENERATIONS)[number];

export interface RawReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** The headers that Java's own HTTP client sends, the token, and in generation E the group. */
export function javaHeaders(generation: Generation, token: string, appName: string): Record<string, string> {
  return {
    connection: 'Keep-Alive',
    'content-type': 'application/json;charset=UTF-8',
    'accept-charset': 'application/json;charset=UTF-8',
    'user-agent': 'Java/1.8.0_391',
    accept: 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2',
    'xxl-job-access-token': token,
    ...(generation === 'E' ? { 'xxl-job-appname': appName } : {}),
  };
}

/** One POST of exactly these bytes and headers. `body` null sends none. */
export function rawPost(
  url: string,
  body: string | null,
  headers: Record<string, string>,
  options: RequestOptions = {},
): Promise<RawReply> {
  const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', ...options, headers: { ...headers, ...length } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        let json: Record<string, unknown> = {};
        try {
          json = JSON.parse(text) as Record<string, unknown>;
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
        }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
      });
    });
    asked.on('error', reject);
    asked.end(body ?? undefined);
  });
}

/** A result as an executor of the generation reports it. */
export function javaResult(generation: Generation, result: { logId: number; code: number; msg?: string }): object {
  const { logId, code, msg } = result;
  const time = 1_767_225_600_000;
  const words = msg === undefined ? {} : { msg };
  if (generation === 'B') return { logId, logDateTim: time, executeResult: { code, ...words } };
  const handled = { handleCode: code, ...(msg === undefined ? {} : { handleMsg: msg }) };
  return generation === 'E' ? { logId, logDateTime: time, ...handled } : { logId, logDateTim: time, ...handled };
}

/** The body of a callback: a list up to 3.4, an object from 3.5. */
export const javaCallback = (generation: Generation, results: readonly object[]): string =>
  JSON.stringify(generation === 'E' ? { callbackList: results } : results);
