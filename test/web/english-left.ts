import type { Page } from 'playwright-core';

/** On a Chinese page, what is a sentence in English and none of these, which people and handlers said. */
export const saysInEnglish = (page: Page, said: readonly string[]): Promise<string[]> =>
  page.evaluate<string[]>(`(${ENGLISH})(${JSON.stringify(said)})`);

const ENGLISH = `(said) => {
  const found = [];
  if (!document.documentElement.lang.startsWith('zh')) return found;
  const sentence = /[a-z]{2,}(?:[ ,]+[a-z]+){3,}/i;
  const texts = document.createTreeWalker(document.querySelector('#root'), NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    // Parameters and logs are of programs.
    if (node.parentElement.closest('code, pre, .mono, .log-line')) continue;
    const rest = said.reduce((text, words) => text.replaceAll(words, ''), node.data);
    if (sentence.test(rest)) found.push('says in English: ' + node.data);
  }
  return found;
}`;
