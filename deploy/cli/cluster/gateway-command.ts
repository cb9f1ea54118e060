import { dirname, resolve } from 'node:path';
import { PRESETS } from '../../../executor/examples/settlement/gateway-simulator/presets.ts';
import { startGatewaySimulator } from '../../../executor/examples/settlement/gateway-simulator/start-gateway-simulator.ts';
import type { CommandCall } from '../command-call.ts';
import { makeFolder } from '../make-folder.ts';
import { integerOption, wordOption } from '../options/read-values.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';
import { listenError } from './listen-error.ts';
import { secretOption } from './read-secrets.ts';
import { portOption } from './read-settings.ts';
import { configuredCall, runService, untilAborted } from './run-service.ts';

/** `daybreak gateway`: the payment gateway simulator as a process of its own. */
export async function runGatewayCommand(call: CommandCall): Promise<number> {
  const given = configuredCall(call);
  if (given === null) return 0;
  const { values } = given;
  const key = secretOption(values, 'gateway-key', call.cwd);
  if (key === null) throw new UsageError('the gateway needs a key: --gateway-key-file FILE, or DAYBREAK_GATEWAY_KEY');
  const [host, port] = [values.host ?? '127.0.0.1', portOption(values, 'port', 9_100)];
  const books = resolve(call.cwd, values.books ?? './daybreak-data/gateway-books.db');
  const perSecond = integerOption('requests-per-second', values['requests-per-second'], {
    min: 1,
    max: 100_000,
    default: 200,
  });
  const preset = wordOption('faults', values.faults ?? 'none', PRESETS);
  const secret = values['callback-secret'];
  return runService(call, { waitMs: 0, stopping: 'requests under way are cut off' }, async ({ stop, say }) => {
    makeFolder(dirname(books), 'books');
    const simulator = await startGatewaySimulator({
      ...{ books, key, host, port, preset },
      capabilities: { maxRequestsPerSecond: perSecond },
      ...(secret === undefined ? {} : { callbackSecret: secret }),
    }).catch((cause: unknown) => {
      throw listenError(cause, { host, port }) ?? booksError(cause, books) ?? cause;
    });
    await using closing = new AsyncDisposableStack();
    closing.defer(() => simulator.close());
    say(`gateway simulator is up at ${simulator.url}, faults ${preset}, books ${books}`);
    await untilAborted(stop);
  });
}

/** Why a file cannot be the books, naming the option; null: it is something else. */
function booksError(cause: unknown, books: string): UsageError | null {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_SQLITE_ERROR')) return null;
  return new UsageError(
    `--books ${inert(books)} cannot be used (${cause.message}): name the books of a simulator, or a file that is not there yet`,
    { cause },
  );
}
