/** Money is a whole number of minor units, everywhere. Pure. */

/** The currencies there are, with the number of their decimals. */
export const CURRENCY_DECIMALS = { CNY: 2, USD: 2, JPY: 0, KWD: 3 } as const satisfies Record<string, number>;
export type Currency = keyof typeof CURRENCY_DECIMALS;

/** The largest single amount: 99,999,999,999 minor units. */
export const AMOUNT_MINOR_MAX = 99_999_999_999;

export function isCurrency(text: string): text is Currency {
  return Object.hasOwn(CURRENCY_DECIMALS, text);
}

// ASCII digits, at most one point, digits on both sides of it. Not \d with the u flag off: the same, but said clearly.
const AMOUNT = /^([0-9]+)(?:\.([0-9]+))?$/;

/**
 * The minor units of an amount in decimal writing, or null when the text breaks a rule: ASCII digits, at most one
 * point with digits on both sides, no more decimals than the currency has, above zero, at most AMOUNT_MINOR_MAX.
 * @example parseAmount('12.5', 'CNY') // 1250
 */
export function parseAmount(text: string, currency: Currency): number | null {
  const match = AMOUNT.exec(text);
  if (!match) return null;
  const decimals = CURRENCY_DECIMALS[currency];
  const [, whole = '', fraction = ''] = match;
  if (fraction.length > decimals) return null;
  const digits = (whole + fraction.padEnd(decimals, '0')).replace(/^0+/, '');
  if (digits === '' || digits.length > String(AMOUNT_MINOR_MAX).length) return null;
  const minor = Number(digits);
  return minor <= AMOUNT_MINOR_MAX ? minor : null;
}

/**
 * Decimal writing of minor units, with all the currency's decimals.
 * @example formatMinor(1250, 'CNY') // '12.50'
 */
export function formatMinor(minor: number | bigint | string, currency: Currency): string {
  const value = BigInt(minor);
  const decimals = CURRENCY_DECIMALS[currency];
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0');
  const sign = value < 0n ? '-' : '';
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
