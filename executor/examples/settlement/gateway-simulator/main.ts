import { parseArgs } from 'node:util';
import { DaybreakError, messageOf } from '../../../../shared/errors.ts';
import type { Dials } from './dials.ts';
import type { Preset } from './presets.ts';
import type { GatewaySimulatorOptions } from './simulator-options.ts';
import { startGatewaySimulator } from './start-gateway-simulator.ts';

/**
 * The simulator as a process. It says its port to the parent over IPC, or else as one JSON line on standard output;
 * it ends on SIGTERM, and when the parent is gone. The key may come in DAYBREAK_GATEWAY_KEY, which no process list shows.
 */
async function main(): Promise<void> {
  const simulator = await startGatewaySimulator(optionsOf(process.argv.slice(2)));
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void simulator.close().finally(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  if (process.send === undefined) {
    process.on('SIGINT', stop);
    process.stdout.write(`${JSON.stringify({ port: simulator.port })}\n`);
    return;
  }
  // Ctrl-C reaches the whole group, and the parent still waits for answers to what it has sent: it ends us when done.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', stop);
  process.on('message', (message: { dials?: Partial<Dials> }) => {
    if (message.dials !== undefined) simulator.setDials(message.dials);
  });
  process.send({ port: simulator.port });
}

function optionsOf(args: string[]): GatewaySimulatorOptions {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string' },
      books: { type: 'string' },
      key: { type: 'string' },
      preset: { type: 'string' },
      capabilities: { type: 'string' },
      dials: { type: 'string' },
      seed: { type: 'string' },
      'callback-url': { type: 'string' },
      'callback-secret': { type: 'string' },
      'time-zone': { type: 'string' },
      'business-date': { type: 'string' },
      instant: { type: 'boolean' },
    },
  });
  const callbackSecret = values['callback-secret'] ?? process.env.DAYBREAK_GATEWAY_CALLBACK_SECRET;
  return {
    books: values.books ?? '',
    key: values.key ?? process.env.DAYBREAK_GATEWAY_KEY ?? '',
    ...(values.port !== undefined && { port: Number(values.port) }),
    ...(values.preset !== undefined && { preset: values.preset as Preset }),
    ...(values.capabilities !== undefined && { capabilities: jsonOf('capabilities', values.capabilities) }),
    ...(values.dials !== undefined && { dials: jsonOf('dials', values.dials) }),
    ...(values.seed !== undefined && { seed: Number(values.seed) }),
    ...(values['callback-url'] !== undefined && { callbackUrl: values['callback-url'] }),
    ...(callbackSecret !== undefined && { callbackSecret }),
    ...(values['time-zone'] !== undefined && { timeZone: values['time-zone'] }),
    ...(values['business-date'] !== undefined && { businessDate: values['business-date'] }),
    ...(values.instant === true && { durability: 'none' }),
  };
}

/** An object from the command line; its fields are checked where it is used. */
function jsonOf(option: string, text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch (cause) {
    throw new DaybreakError('BAD_OPTION', `--${option}: a JSON object is wanted (${messageOf(cause)})`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`gateway simulator: ${messageOf(error)}\n`);
  process.exit(2);
});
