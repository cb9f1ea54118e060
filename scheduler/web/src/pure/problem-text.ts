/** What went wrong in the page's words, then in those of the scheduler, which begin with a small letter: one sentence. */
export function sayProblem(own: string, rest: string): string {
  if (own === '' || rest === '') return own + rest;
  return own.endsWith('。') ? `${own.slice(0, -1)}：${rest}` : `${own.replace(/\.$/, ':')} ${rest}`;
}
