import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AMOUNT_MINOR_MAX,
  CURRENCY_DECIMALS,
  type Currency,
  formatMinor,
  isCurrency,
  parseAmount,
} from '../../../shared/money.ts';

const currencies = Object.keys(CURRENCY_DECIMALS) as Currency[];

describe('parseAmount', () => {
  test.each<[string, Currency, number]>([
    ['1', 'CNY', 100],
    ['12.5', 'CNY', 1250],
    ['12.50', 'USD', 1250],
    ['0.01', 'CNY', 1],
    ['007', 'JPY', 7],
    ['00000000000000000001.5', 'KWD', 1500],
    ['1.234', 'KWD', 1234],
    ['999999999.99', 'CNY', 99_999_999_999],
    ['99999999999', 'JPY', 99_999_999_999],
    ['99999999.999', 'KWD', 99_999_999_999],
  ])('reads %s %s as %i minor units', (text, currency, minor) => {
    expect(parseAmount(text, currency)).toBe(minor);
  });

  test.each<[string, Currency, string]>([
    ['', 'CNY', 'nothing'],
    ['.5', 'CNY', 'no digit before the point'],
    ['5.', 'CNY', 'no digit after the point'],
    ['.', 'CNY', 'a point alone'],
    ['1.2.3', 'CNY', 'two points'],
    ['1,5', 'CNY', 'a comma'],
    ['1,000.00', 'CNY', 'thousands'],
    ['+1', 'CNY', 'a sign'],
    ['-1', 'CNY', 'a sign'],
    ['1e3', 'CNY', 'an exponent'],
    ['0x10', 'CNY', 'hexadecimal'],
    [' 1', 'CNY', 'a space'],
    ['1 ', 'CNY', 'a space'],
    ['1\n', 'CNY', 'a line end'],
    ['１２', 'CNY', 'digits that are not ASCII'],
    ['٣', 'CNY', 'digits that are not ASCII'],
    ['1.234', 'CNY', 'too many decimals'],
    ['1.000', 'CNY', 'too many decimals, even of zeros'],
    ['1.0', 'JPY', 'decimals where there are none'],
    ['1.2345', 'KWD', 'too many decimals'],
    ['0', 'CNY', 'zero'],
    ['0.00', 'CNY', 'zero'],
    ['000', 'JPY', 'zero'],
    ['1000000000.00', 'CNY', 'one minor unit over the limit'],
    ['100000000000', 'JPY', 'one over the limit'],
    ['9'.repeat(400), 'JPY', 'far over the limit'],
    ['NaN', 'CNY', 'a word'],
    ['Infinity', 'CNY', 'a word'],
  ])('refuses %j %s: %s', (text, currency) => {
    expect(parseAmount(text, currency)).toBeNull();
  });

  test('gives back what formatMinor wrote, for every amount there can be', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: AMOUNT_MINOR_MAX }), fc.constantFrom(...currencies), (minor, currency) => {
        expect(parseAmount(formatMinor(minor, currency), currency)).toBe(minor);
      }),
    );
  });

  test('gives a whole number within the limits or null, whatever the text', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.+,e-]{0,20}$/), fc.float().map(String));
    fc.assert(
      fc.property(text, fc.constantFrom(...currencies), (given, currency) => {
        const minor = parseAmount(given, currency);
        if (minor === null) return;
        expect(Number.isSafeInteger(minor) && minor > 0 && minor <= AMOUNT_MINOR_MAX).toBe(true);
        // The text's own value, computed another way.
        const [whole = '', fraction = ''] = given.split('.');
        const scale = 10n ** BigInt(CURRENCY_DECIMALS[currency]);
        const scaled = BigInt(whole) * scale + (BigInt(fraction || '0') * scale) / 10n ** BigInt(fraction.length);
        expect(BigInt(minor)).toBe(scaled);
      }),
    );
  });
});

describe('formatMinor', () => {
  test.each<[number | bigint | string, Currency, string]>([
    [1250, 'CNY', '12.50'],
    [1, 'CNY', '0.01'],
    [0, 'KWD', '0.000'],
    [-5, 'USD', '-0.05'],
    [7, 'JPY', '7'],
    [-7n, 'JPY', '-7'],
    ['123456789012345678901', 'CNY', '1234567890123456789.01'],
  ])('writes %s %s as %s', (minor, currency, text) => {
    expect(formatMinor(minor, currency)).toBe(text);
  });
});

test('only the currencies of the list are currencies', () => {
  expect(['CNY', 'USD', 'JPY', 'KWD'].every(isCurrency)).toBe(true);
  expect(['cny', 'EUR', '', 'toString', '__proto__'].some(isCurrency)).toBe(false);
});
