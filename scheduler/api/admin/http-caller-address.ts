import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { networkSet, plainIp } from '../../../shared/http-networks.ts';

/** The address of who asks; behind proxies that are named, the last one in front of them. */
export function createAddressOf(trustedProxies: readonly string[]) {
  const trusted = networkSet(trustedProxies, 'admin.trustedProxies');
  return (socketAddress: string, headers: IncomingHttpHeaders): string => {
    const direct = plainIp(socketAddress);
    if (!trusted.has(direct)) return direct;
    const chain = String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((part) => plainIp(part.trim()));
    return chain.findLast((address) => isIP(address) !== 0 && !trusted.has(address)) ?? direct;
  };
}
