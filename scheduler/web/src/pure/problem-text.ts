import type { Wording } from './sentences.ts';

/** What went wrong in the page's words, then in those of the scheduler, which begin with a small letter: one sentence. */
export function sayProblem(own: string, rest: string): string {
  if (own === '' || rest === '') return own + rest;
  return own.endsWith('。') ? `${own.slice(0, -1)}：${rest}` : `${own.replace(/\.$/, ':')} ${rest}`;
}

interface Refusal {
  readonly message: string;
  readonly fields: readonly { readonly path: string; readonly message: string }[];
}

/** A refusal in the language of the page; one of fields that is not known as a whole is worded field by field. */
export function sayRefusal({ message, fields }: Refusal, wording: Wording): string {
  const whole = wording(message);
  if (whole !== message || !fields.some((field) => wording(field.message) !== field.message)) return whole;
  return fields.map((field) => `${field.path} ${wording(field.message)}`.trim()).join('；');
}
