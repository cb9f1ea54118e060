import { formatMinor, isCurrency } from '../../../../shared/money.ts';

/** Markup that is already safe. Everything else that is put into a page goes through `html`, which escapes it. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | bigint | null | undefined | readonly Part[];

/** A template whose values are escaped, unless they are Html themselves; arrays are joined, null is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  let text = strings[0] ?? '';
  for (const [index, value] of values.entries()) text += render(value) + (strings[index + 1] ?? '');
  return new Html(text);
}

function render(value: Part): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return escapeHtml(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
      // Control characters and those that turn the direction of writing could make a text look like another.
      .replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, '\uFFFD')
  );
}

/** 1234567 as `1,234,567`. */
export const grouped = (value: number | bigint | string): string =>
  String(value).replace(/\B(?=([0-9]{3})+(?![0-9]))/g, ',');

/** Minor units as the currency is written; a currency that is not known stays in minor units. */
export function moneyText(minor: bigint | number | string, currency: string): string {
  if (!isCurrency(currency)) return grouped(minor);
  const [whole = '', fraction] = formatMinor(minor, currency).split('.');
  return grouped(whole) + (fraction === undefined ? '' : `.${fraction}`);
}

/** `99.94 %`: never rounded up to 100 or down to 0 when it is neither. */
export function percentText(part: number, whole: number): string {
  if (whole === 0) return '-';
  if (part === whole) return '100 %';
  if (part === 0) return '0 %';
  const percent = Math.min(99.99, Math.max(0.01, (part / whole) * 100));
  return `${percent.toFixed(2)} %`;
}

export function durationText(ms: number): string {
  const seconds = Math.max(0, ms / 1_000);
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
