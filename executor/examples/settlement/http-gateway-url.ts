import { DaybreakError, messageOf } from '../../../shared/errors.ts';

/** The gateway's base URL. @throws DaybreakError BAD_OPTION that says what is wrong and what to write instead. */
export function parseGatewayUrl(text: string): URL {
  const url = parse(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw badUrl(shownUrl(url), `its scheme is ${url.protocol.slice(0, -1)}: write http://host:port or https://host`);
  }
  if (url.username !== '' || url.password !== '') {
    throw badUrl(shownUrl(url), 'it carries a user or password: take them out, the gateway is called with its key');
  }
  if (url.search !== '' || url.hash !== '') {
    throw badUrl(shownUrl(url), 'it has a "?" or "#" part: only scheme, host, port and a path prefix can be used');
  }
  return url;
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    // A text that is no URL may be anything, a key in the wrong place too: it is not shown.
    const why = `it is no URL (${messageOf(cause)}): write http://host:port or https://host`;
    throw new DaybreakError('BAD_OPTION', `the gateway URL cannot be used: ${why}`);
  }
}

const shownUrl = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}`;

const badUrl = (shown: string, why: string): DaybreakError =>
  new DaybreakError('BAD_OPTION', `the gateway URL ${shown} cannot be used: ${why}`);
