import { lookup as dnsLookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { DaybreakError } from './errors.ts';

/** Which addresses may be called. Names are judged by what they resolve to, and connected to exactly that. */
export interface NetworkSet {
  has(ip: string): boolean;
}

/**
 * @param networks CIDRs, e.g. `10.0.0.0/8`, `fd00::/8`. Throws CONFIG_INVALID for what is none.
 * @param option the setting's name, for the message
 */
export function networkSet(networks: readonly string[], option = 'allowedNetworks'): NetworkSet {
  const list = new BlockList();
  for (const network of networks) addNetwork(list, network, option);
  return {
    has(ip) {
      const plain = plainIp(ip);
      return list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

// What IANA sets apart from the public internet: this network, private, shared by carriers, loopback, link-local (with
// the metadata services of clouds), protocol assignments, documentation, 6to4 relays, benchmarks, multicast, reserved.
const SPECIAL_IPV4 = networkSet([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);
// Public IPv6 lies in 2000::/3 only; inside it: protocol assignments (Teredo too), documentation, 6to4.
const GLOBAL_IPV6 = networkSet(['2000::/3']);
const SPECIAL_IPV6 = networkSet(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);
const NAT64 = networkSet(['64:ff9b::/96']);

/** Whether an address belongs to the public internet. One that carries another in it (mapped, NAT64) is judged by that. */
export function isPublicIp(ip: string): boolean {
  const plain = plainIp(ip);
  if (isIP(plain) === 4) return !SPECIAL_IPV4.has(plain);
  if (isIP(plain) !== 6) return false;
  if (NAT64.has(plain)) return isPublicIp(lastIpv4(plain));
  return GLOBAL_IPV6.has(plain) && !SPECIAL_IPV6.has(plain);
}

/** Without a zone, and an IPv4 address that is written as IPv6 (`::ffff:7f00:1`) as what it is. */
export function plainIp(ip: string): string {
  const bare = ip.split('%')[0] ?? '';
  if (isIP(bare) !== 6) return bare;
  const groups = groupsOf(bare);
  const mapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  return mapped ? lastIpv4(bare) : bare;
}

/**
 * By what somebody is counted: an IPv4 address, and of IPv6 the first 64 bits. Whoever has one such address has the rest
 * of its network as well, 2^64 of them.
 */
export function networkOf(ip: string): string {
  const plain = plainIp(ip);
  if (isIP(plain) !== 6) return plain.slice(0, 64);
  const first = groupsOf(plain).slice(0, 4);
  return `${first.map((group) => group.toString(16)).join(':')}::/64`;
}

/** The IPv4 address in the last 32 bits of an IPv6 address. */
function lastIpv4(ipv6: string): string {
  const [high = 0, low = 0] = groupsOf(ipv6).slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups; a URL writes every spelling the same way, an IPv4 tail too. */
function groupsOf(ipv6: string): number[] {
  const [left = '', right] = new URL(`http://[${ipv6}]`).hostname.slice(1, -1).split('::');
  const read = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [head, tail] = [read(left), read(right ?? '')];
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** The host of a URL without the brackets of IPv6; odd spellings of IPv4 (hex, octal, one number) are plain by then. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

export const systemResolve: Resolve = (host) => dnsLookup(host, { all: true });

/**
 * A look-up for a connection: resolves once and hands on only what was judged, so that a name that resolves to another
 * address a moment later (DNS rebinding) leads nowhere else. One bad address among several refuses them all.
 * @param refuse why an address that a host resolved to is refused, or null; the error has the code ENOTALLOWED
 */
export function judgedLookup(
  refuse: (host: string, ip: string) => string | null,
  resolve: Resolve = systemResolve,
): LookupFunction {
  return (host, options, callback) => {
    const found = resolve(host).then((entries) => {
      const wanted = entries.filter(({ family }) => !options.family || family === familyOf(options.family));
      for (const { address } of wanted) {
        const refusal = refuse(host, address);
        if (refusal !== null) throw Object.assign(new Error(refusal), { code: 'ENOTALLOWED' });
      }
      if (wanted[0] === undefined) throw Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
      return wanted as [(typeof wanted)[0], ...typeof wanted];
    });
    // In a turn of its own: what the callback throws must not come back as a failure of the look-up.
    found.then(
      (entries) => queueMicrotask(() => answer(entries)),
      (error: NodeJS.ErrnoException) => queueMicrotask(() => callback(error, [])),
    );
    const answer = (entries: Awaited<typeof found>) => {
      if (options.all === true) callback(null, [...entries]);
      else callback(null, entries[0].address, entries[0].family);
    };
  };
}

const familyOf = (family: number | 'IPv4' | 'IPv6'): number => (family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : family);

function addNetwork(list: BlockList, network: string, option: string): void {
  const [ip = '', bits = ''] = network.split('/');
  const family = isIP(ip);
  const prefix = Number(bits);
  const widest = family === 6 ? 128 : 32;
  if (family === 0 || bits === '' || !Number.isInteger(prefix) || prefix < 0 || prefix > widest) {
    throw new DaybreakError('CONFIG_INVALID', `${option}: "${network}" is no network such as 10.0.0.0/8 or fd00::/8`);
  }
  list.addSubnet(ip, prefix, family === 6 ? 'ipv6' : 'ipv4');
}
