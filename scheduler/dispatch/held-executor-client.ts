import { isHeldAddress, readHeldAddress } from '../../shared/protocol/hold.ts';
import { CODE_SUCCESS, type Envelope } from '../../shared/protocol/wire.ts';
import { cutRunRequests } from './cut-run-requests.ts';
import type { DispatchAnswer, ExecutorClient } from './executor-client.ts';
import type { Carried } from './held-line.ts';
import type { HeldLines } from './held-lines.ts';
import {
  judgeIdleAnswer,
  judgeKillAnswer,
  judgeRunAnswer,
  judgeRunsAnswer,
  readInspectAnswer,
  readLogPage,
} from './read-executor-answer.ts';

/** A person waits for it; a report reads a whole night. */
const INSPECT_MS = 15_000;

/** Speaks to executors that hold a line, by the same rules as to those that are dialled. */
export function createHeldExecutorClient(options: {
  readonly lines: HeldLines;
  /** How long an executor may take to answer, ms. */
  readonly timeoutMs: number;
}): ExecutorClient {
  const { lines, timeoutMs } = options;

  const answerOf = (carried: Carried): Envelope | null => (carried.kind === 'answered' ? carried.answer : null);

  return {
    // Who may hold a line is judged by the token of the group in the address, when it is held.
    refusalOf: async (address) => (readHeldAddress(address) === null ? `${address} is no held address` : null),
    async run(address, request) {
      const carried = await lines.send(address, 'run', request, timeoutMs);
      return carried.kind === 'answered' ? judgeRunAnswer(carried.answer) : carried;
    },
    async runAll(address, requests) {
      const answers: DispatchAnswer[] = [];
      for (const message of cutRunRequests(requests)) {
        const carried = await lines.send(address, 'runs', { requests: message.requests }, timeoutMs);
        const count = message.requests.length;
        answers.push(
          ...(carried.kind === 'answered'
            ? judgeRunsAnswer(carried.answer, count)
            : new Array<DispatchAnswer>(count).fill(carried)),
        );
      }
      return answers;
    },
    async beat(address, beatTimeoutMs, expected) {
      const line = lines.lineAt(address);
      if (line === null || !isExpected(address, line, expected)) return false;
      // Asked all the same: the line may be open on this side only.
      const answer = answerOf(await lines.send(address, 'beat', undefined, beatTimeoutMs));
      return answer?.code === CODE_SUCCESS;
    },
    async idleBeat(address, jobId) {
      const answer = answerOf(await lines.send(address, 'idleBeat', { jobId }, timeoutMs));
      return answer === null ? 'unclear' : judgeIdleAnswer(answer);
    },
    async log(address, which) {
      const answer = answerOf(await lines.send(address, 'log', which, timeoutMs));
      return answer === null ? null : readLogPage(answer);
    },
    async inspect(address, message) {
      const carried = await lines.send(address, 'inspect', message, INSPECT_MS);
      if (carried.kind === 'answered') return readInspectAnswer(carried.answer);
      return carried.kind === 'unreachable' ? 'unreachable' : 'unclear';
    },
    async kill({ address, jobId, logId }) {
      const answer = answerOf(await lines.send(address, 'kill', { jobId, logId }, timeoutMs));
      return answer === null ? 'unclear' : judgeKillAnswer(answer);
    },
    close: () => lines.close(),
  };
}

type Expected = Parameters<ExecutorClient['beat']>[2];

function isExpected(
  address: string,
  line: { readonly incarnation: string; readonly signed: boolean },
  expected: Expected,
): boolean {
  if (expected === undefined) return true;
  const { group, incarnation, signs } = expected;
  if (readHeldAddress(address)?.group !== group) return false;
  return (incarnation === null || incarnation === line.incarnation) && (!signs || line.signed);
}

/** One client for both kinds of address. */
export function eitherClient(dialled: ExecutorClient, held: ExecutorClient): ExecutorClient {
  const of = (address: string): ExecutorClient => (isHeldAddress(address) ? held : dialled);
  return {
    refusalOf: (address) => of(address).refusalOf(address),
    run: (address, request) => of(address).run(address, request),
    runAll: (address, requests) => of(address).runAll(address, requests),
    beat: (address, timeoutMs, expected) => of(address).beat(address, timeoutMs, expected),
    idleBeat: (address, jobId) => of(address).idleBeat(address, jobId),
    log: (address, which) => of(address).log(address, which),
    kill: (order) => of(order.address).kill(order),
    inspect: async (address, message) => (await of(address).inspect?.(address, message)) ?? 'unreachable',
    close() {
      held.close();
      dialled.close();
    },
  };
}
