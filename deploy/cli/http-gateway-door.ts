import type { Downstream } from '../../executor/downstream/define-downstream.ts';
import {
  type SpawnedGatewaySimulator,
  spawnGatewaySimulator,
} from '../../executor/examples/settlement/gateway-simulator/spawn-gateway-simulator.ts';
import {
  createGatewayDownstream,
  type GatewayDownstream,
} from '../../executor/examples/settlement/http-gateway-client.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { GatewayChoice, NightOptions } from './night-options.ts';

/** The gateway of a night: one that was named, or the simulator, which then is a child process of ours. */
export interface GatewayDoor {
  readonly downstream: GatewayDownstream;
  /** Rejects when our own simulator ends by itself; never resolves. */
  readonly broken: Promise<never>;
  close(): Promise<void>;
}

/** What a night remembers its gateway by. The simulator's port is another at each start, its books are the same. */
export const gatewayOrigin = (gateway: GatewayChoice): string =>
  gateway.kind === 'simulator' ? 'simulator' : gateway.url.origin;

export interface GatewayDoorOptions {
  readonly options: NightOptions;
  /** Our own simulator's key, made anew at each start. */
  readonly simulatorKey: string;
  readonly callbackUrl: string | null;
  readonly callbackSecret: string;
  readonly hooks: Pick<Downstream, 'onSettled' | 'onSettledMany' | 'afterSettled'>;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

export async function openGateway(door: GatewayDoorOptions): Promise<GatewayDoor> {
  const { gateway, gatewayTimeoutMs } = door.options;
  const simulator = gateway.kind === 'simulator' ? await startSimulator(door, gateway.faults) : null;
  const downstream = createGatewayDownstream({
    url: gateway.kind === 'simulator' ? (simulator?.url ?? '') : gateway.url.href,
    key: gateway.kind === 'simulator' ? door.simulatorKey : gateway.key,
    origin: gatewayOrigin(gateway),
    ...(door.callbackUrl === null ? {} : { callbackUrl: door.callbackUrl }),
    runtime: door.runtime,
    logger: door.logger,
    timeoutMs: gatewayTimeoutMs,
    hooks: door.hooks,
  });
  let closing = false;
  const broken = new Promise<never>((_, reject) => {
    void simulator?.exited.then((code) => {
      if (!closing) reject(new Error(`the gateway simulator ended by itself (exit code ${code ?? 'none'})`));
    });
  });
  // Whoever waits for the night races this; nobody waits for it while the night closes.
  broken.catch(() => undefined);
  return {
    downstream,
    broken,
    async close() {
      closing = true;
      downstream.close();
      await simulator?.close();
    },
  };
}

function startSimulator(
  door: GatewayDoorOptions,
  preset: 'none' | 'moderate' | 'hostile',
): Promise<SpawnedGatewaySimulator> {
  return spawnGatewaySimulator({
    books: door.options.store.booksPath,
    key: door.simulatorKey,
    preset,
    callbackSecret: door.callbackSecret,
    ...(door.callbackUrl === null ? {} : { callbackUrl: door.callbackUrl }),
  });
}
