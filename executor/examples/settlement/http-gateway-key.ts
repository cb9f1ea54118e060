import { DaybreakError } from '../../../shared/errors.ts';

/** A key has to fit into a header; which key it is, the message does not say. */
export function checkGatewayKey(key: string): void {
  if (key === '') throw new DaybreakError('BAD_OPTION', 'the gateway key is empty: give the key the gateway issued');
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new DaybreakError(
      'BAD_OPTION',
      'the gateway key has characters that no header can carry: visible ASCII only, without spaces or line ends',
    );
  }
}

/**
 * Takes the key out of what a gateway says, in case it says it: answers are kept as evidence and errors are logged.
 * A short key is taken out only where it stands alone, or the key `1` would take the digits out of all amounts.
 */
export function keyRedaction(key: string): (text: string) => string {
  const forms = [...new Set([key, JSON.stringify(key).slice(1, -1)])];
  const patterns = forms.map((form) => {
    const literal = form.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
    return new RegExp(key.length >= 16 ? literal : `(?<![\\w.-])${literal}(?![\\w.-])`, 'g');
  });
  return (text) => {
    // The forms differ only by escapes, so one plain search finds out that there is nothing to do.
    if (!forms.some((form) => text.includes(form))) return text;
    return patterns.reduce((result, pattern) => result.replace(pattern, '[key]'), text);
  };
}
