/** The session's cookie. Over https its name binds it to this very host and to Secure; browsers hold them to it. */
export const cookieName = (isSecure: boolean): string => (isSecure ? '__Host-daybreak' : 'daybreak_session');

/** The value of one cookie of a request, or null. */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/** No script reads it, no other site sends it, and it ends with the browser or with the session, whichever is first. */
export function setCookie(secret: string, { isSecure, maxAgeMs }: { isSecure: boolean; maxAgeMs: number }): string {
  const secure = isSecure ? '; Secure' : '';
  return `${cookieName(isSecure)}=${secret}; Path=/; HttpOnly; SameSite=Strict${secure}; Max-Age=${Math.floor(maxAgeMs / 1000)}`;
}

export const dropCookie = (isSecure: boolean): string =>
  `${cookieName(isSecure)}=; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}; Max-Age=0`;
