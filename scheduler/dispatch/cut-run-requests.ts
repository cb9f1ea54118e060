import { RUNS_MAX, type RunRequest } from '../../shared/protocol/wire.ts';

/** Some run requests as the body of one message. */
export interface RunsMessage {
  readonly requests: readonly RunRequest[];
  /** JSON text of `{ requests }`. */
  readonly body: string;
}

/** Executors take 5 MiB; a script may be a good part of that. */
const BYTES_MAX = 2 * 1_048_576;

/** Cuts a list into messages of at most 400 requests and about 2 MiB, in order. Pure. */
export function cutRunRequests(
  requests: readonly RunRequest[],
  { countMax = RUNS_MAX, bytesMax = BYTES_MAX } = {},
): RunsMessage[] {
  const messages: RunsMessage[] = [];
  let texts: string[] = [];
  let bytes = 0;
  let from = 0;
  const close = (to: number) => {
    if (texts.length === 0) return;
    messages.push({ requests: requests.slice(from, to), body: `{"requests":[${texts.join(',')}]}` });
    [texts, bytes, from] = [[], 0, to];
  };
  for (const [at, request] of requests.entries()) {
    const text = JSON.stringify(request);
    const size = Buffer.byteLength(text) + 1;
    if (texts.length >= countMax || bytes + size > bytesMax) close(at);
    texts.push(text);
    bytes += size;
  }
  close(requests.length);
  return messages;
}
