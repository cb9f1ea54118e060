import http from 'node:http';

/** A call of the floor: what goes over the wire, and what the store keeps of it. */
export interface FloorDebit {
  readonly requestNo: string;
  readonly accountNo: string;
  readonly amount: number;
  readonly currency: string;
  readonly expireAt: number;
}

export interface FloorAnswer {
  readonly raw: string;
  readonly gatewayRefs: readonly string[];
}

interface Result {
  readonly requestNo: string;
  readonly status: string;
  readonly code: string;
  readonly gatewayRef: string;
  readonly amount: number;
  readonly currency: string;
}

/**
 * Debits over HTTP, written out by hand. It reads the answer as strictly as the verdict table asks for SUCCESS and
 * knows no other outcome: the gateway of the bench gives none.
 */
export function floorGateway(url: string, key: string) {
  const { hostname, port } = new URL(url);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32, scheduling: 'lifo' });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };

  function post(text: string): Promise<string> {
    const body = Buffer.from(text);
    return new Promise((resolve, reject) => {
      const request = http.request(
        {
          agent,
          hostname,
          port,
          method: 'POST',
          path: '/v1/debits',
          headers: { ...headers, 'content-length': body.byteLength },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () => {
            const answer = Buffer.concat(parts).toString('utf8');
            if (response.statusCode === 200) resolve(answer);
            else reject(new Error(`HTTP ${response.statusCode}: ${answer}`));
          });
          response.on('error', reject);
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  return {
    async send(debits: readonly FloorDebit[]): Promise<FloorAnswer> {
      const raw = await post(JSON.stringify({ debits }));
      const { results } = JSON.parse(raw) as { results: readonly Result[] };
      const byNo = new Map(results.map((result) => [result.requestNo, result]));
      return { raw, gatewayRefs: debits.map((debit) => refOf(debit, byNo.get(debit.requestNo))) };
    },
    close: () => agent.destroy(),
  };
}

function refOf(debit: FloorDebit, result: Result | undefined): string {
  const { status, code, amount, currency, gatewayRef } = result ?? {};
  if (status === 'SUCCESS' && code === 'OK' && amount === debit.amount && currency === debit.currency && gatewayRef) {
    return gatewayRef;
  }
  throw new Error(`the floor knows success only, and ${debit.requestNo} got ${JSON.stringify(result)}`);
}
