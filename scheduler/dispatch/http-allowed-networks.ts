import { isIP, type LookupFunction } from 'node:net';
import { hostOf, judgedLookup, networkSet, systemResolve } from '../../shared/http-networks.ts';

/** The networks in which executors may live. The token goes to them, so an address outside is never called. */
export interface AllowedNetworks {
  /** Why an executor's address is refused, in words, or null. A name is resolved. */
  refusalOf(address: string): Promise<string | null>;
  /** The same without resolving names: for the moment before a request, when the name is resolved by `lookup`. */
  shapeRefusalOf(address: string): string | null;
  /** Resolves a name for a connection to exactly the address that was judged (no second look-up in between). */
  readonly lookup: LookupFunction;
}

export const LOOPBACK_ONLY: readonly string[] = ['127.0.0.0/8', '::1/128'];

const PLAIN_PATH = /^(\/[A-Za-z0-9_-][A-Za-z0-9._~-]*){0,4}\/?$/;

/** @param networks CIDRs, e.g. `10.0.0.0/8`, `fd00::/8`. */
export function allowedNetworks(networks: readonly string[]): AllowedNetworks {
  const allowed = networkSet(networks);
  const outside = (host: string) =>
    `${host} lies outside the networks that executors may live in (${networks.join(', ')}): name its network in allowedNetworks`;

  const shapeRefusalOf = (address: string): string | null => {
    const url = URL.parse(address);
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return `${address} is no http address`;
    if (url.username !== '' || url.password !== '') return 'an executor address holds no user or password';
    // A node may be mounted in a server below a path of plain words; anything else could be read as another request.
    if (!PLAIN_PATH.test(url.pathname) || url.search !== '' || url.hash !== '')
      return `${address} must be like http://host:port/ or http://host:port/batch/`;
    const host = hostOf(url);
    return isIP(host) !== 0 && !allowed.has(host) ? outside(host) : null;
  };

  return {
    shapeRefusalOf,
    async refusalOf(address) {
      const refusal = shapeRefusalOf(address);
      if (refusal !== null) return refusal;
      const host = hostOf(new URL(address));
      if (isIP(host) !== 0) return null;
      try {
        const found = await systemResolve(host);
        return found.every((entry) => allowed.has(entry.address)) ? null : outside(host);
      } catch (error) {
        return `${host} cannot be resolved (${error instanceof Error ? error.message : String(error)})`;
      }
    },
    lookup: judgedLookup((host, ip) => (allowed.has(ip) ? null : outside(`${host} (${ip})`))),
  };
}
