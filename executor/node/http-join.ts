import axios, { type AxiosResponse } from 'axios';
import { Value } from 'typebox/value';
import { DaybreakError, type ErrorCode } from '../../shared/errors.ts';
import {
  CODE_NOT_ADMITTED,
  CODE_NOT_JOINABLE,
  CODE_TOO_MANY_TRIES,
  type Joined,
  JoinedSchema,
} from '../../shared/protocol/join.ts';
import { CODE_SUCCESS, EnvelopeSchema } from '../../shared/protocol/wire.ts';

export interface JoinRequest {
  readonly schedulers: readonly string[];
  readonly appname: string;
  readonly joinToken: string;
  readonly schedulerTimeoutMs: number;
}

const ERROR_OF: Readonly<Record<number, ErrorCode>> = {
  [CODE_NOT_ADMITTED]: 'UNAUTHORIZED',
  [CODE_NOT_JOINABLE]: 'CONFLICT',
  [CODE_TOO_MANY_TRIES]: 'RATE_LIMITED',
};

/** Asks one scheduler after the other; the first that answers decides, because the token is of one of them. */
export async function askToJoin(request: JoinRequest): Promise<Joined> {
  const silent: string[] = [];
  for (const root of request.schedulers) {
    const answer = await ask(root, request);
    if (typeof answer !== 'string') return readAnswer(root, answer.data);
    silent.push(answer);
  }
  throw new DaybreakError(
    'SCHEDULER_UNREACHABLE',
    `no scheduler answers (${silent.join('; ')}): is it running, and is the address right?`,
  );
}

/** The answer, or why there is none. */
async function ask(root: string, request: JoinRequest): Promise<AxiosResponse<unknown> | string> {
  const { appname, joinToken, schedulerTimeoutMs } = request;
  try {
    return await axios.post(
      `${root.replace(/\/+$/, '')}/api/join`,
      { joinToken, appname },
      {
        adapter: 'http',
        // The token would follow a redirect to another host, and a proxy from the environment would see it.
        maxRedirects: 0,
        proxy: false,
        signal: AbortSignal.timeout(schedulerTimeoutMs),
        maxContentLength: 65_536,
        validateStatus: () => true,
      },
    );
  } catch (error) {
    // Never the error itself: it carries the request, and with it the token.
    const why = axios.isAxiosError(error) ? (error.code ?? 'request failed') : 'request failed';
    return `${root}: ${axios.isCancel(error) ? 'no whole answer in time' : why}`;
  }
}

function readAnswer(root: string, body: unknown): Joined {
  if (!Value.Check(EnvelopeSchema, body)) {
    throw new DaybreakError('SCHEDULER_UNREACHABLE', `${root} is no scheduler: its answer has no "code"`);
  }
  const data: unknown = body.data;
  if (body.code === CODE_SUCCESS && Value.Check(JoinedSchema, data)) return data;
  const code = ERROR_OF[body.code];
  if (code !== undefined) throw new DaybreakError(code, `${body.msg ?? 'The join token was refused.'} (${root})`);
  throw new DaybreakError('UNAUTHORIZED', `${root} takes no join tokens: it says "${body.msg ?? body.code}"`);
}
