import { isIP, type LookupFunction } from 'node:net';
import { DaybreakError } from '../../../shared/errors.ts';
import { hostOf, isPublicIp, judgedLookup, networkSet, type Resolve } from '../../../shared/http-networks.ts';

export interface HttpTargetRules {
  /**
   * What jobs may call. `https://api.example.com/hooks/` allows that origin and what lies below the path;
   * `api.example.com` allows the host at `ports` by http and https. Empty: nothing.
   */
  readonly allow: readonly string[];
  /** Networks that are not the public internet and may be reached all the same, e.g. `10.0.0.0/8`, `127.0.0.0/8`. */
  readonly networks: readonly string[];
  /** The ports of entries without a scheme. */
  readonly ports: readonly number[];
  readonly resolve?: Resolve;
}

export interface HttpTargets {
  /** Why a URL may not be called, or null. A name's address is judged later, by `lookup`. */
  refusalOf(url: URL): string | null;
  /** Connects to nothing but public addresses and those of the named networks. */
  readonly lookup: LookupFunction;
}

type Rule = (url: URL) => boolean;

/** Throws BAD_OPTION for an entry that can never match, CONFIG_INVALID for a network that is none. */
export function httpTargets(rules: HttpTargetRules): HttpTargets {
  const allowed = rules.allow.map((entry) => readRule(entry, rules.ports));
  const named = networkSet(rules.networks, 'httpHandler networks');
  const refuseIp = (host: string, ip: string): string | null => {
    if (isPublicIp(ip) || named.has(ip)) return null;
    const what = host === ip ? ip : `${host} (${ip})`;
    return `${what} is not on the public internet: the owner of this executor allows its network with httpHandler({ networks: ['${ip}/${isIP(ip) === 6 ? 128 : 32}'] })`;
  };

  return {
    refusalOf(url) {
      if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${url.protocol} is neither http nor https`;
      if (url.username !== '' || url.password !== '') return 'a URL holds no user or password: use "auth"';
      if (!allowed.some((rule) => rule(url))) {
        return `${url.origin}${url.pathname} is not allowed: the owner of this executor allows it with httpHandler({ allow: ['${url.origin}/'] })`;
      }
      // A look-up is made for names only: what is an address already is judged here.
      const host = hostOf(url);
      return isIP(host) === 0 ? null : refuseIp(host, host);
    },
    lookup: judgedLookup(refuseIp, rules.resolve),
  };
}

function readRule(entry: string, ports: readonly number[]): Rule {
  return entry.includes('://') ? prefixRule(entry) : hostRule(entry, ports);
}

function prefixRule(entry: string): Rule {
  const prefix = URL.parse(entry);
  const plain =
    prefix !== null && /^https?:$/.test(prefix.protocol) && prefix.username + prefix.search + prefix.hash === '';
  if (!plain) throw badEntry(entry);
  const below = prefix.pathname.endsWith('/') ? prefix.pathname : `${prefix.pathname}/`;
  return (url) => {
    if (url.origin !== prefix.origin) return false;
    if (below === '/') return true;
    // Servers differ in what an escaped slash or dot in a path means, so below a path there is none.
    if (/%(2f|5c|2e|25)/i.test(url.pathname)) return false;
    return url.pathname === prefix.pathname || url.pathname.startsWith(below);
  };
}

function hostRule(entry: string, ports: readonly number[]): Rule {
  const wanted = URL.parse(`http://${entry}/`);
  if (wanted === null || wanted.pathname !== '/' || wanted.username + wanted.search + wanted.hash !== '') {
    throw badEntry(entry);
  }
  const allowedPorts = /:\d+$/.test(entry) ? [portOf(wanted)] : ports;
  return (url) => url.hostname === wanted.hostname && allowedPorts.includes(portOf(url));
}

const portOf = (url: URL): number => Number(url.port) || (url.protocol === 'https:' ? 443 : 80);

const badEntry = (entry: string): DaybreakError =>
  new DaybreakError(
    'BAD_OPTION',
    `httpHandler allow: "${entry}" must be like https://api.example.com/hooks/, api.example.com or 10.0.0.7:8080`,
  );
