import type { Page } from 'playwright-core';
import { screenOf, type View } from './browser.ts';
import { asksNothing } from './walk.ts';

const of = (theme: View['theme'], width: View['width'], language: View['language']): View => ({
  theme,
  width,
  language,
});

/** Every mixture of theme, width and language. From one to the next one thing changes, and a place is loaded once. */
export const VIEWS: readonly View[] = [
  of('light', 1280, 'en'),
  of('dark', 1280, 'en'),
  of('dark', 1280, 'zh'),
  of('light', 1280, 'zh'),
  of('light', 390, 'zh'),
  of('dark', 390, 'zh'),
  of('dark', 390, 'en'),
  of('light', 390, 'en'),
];
export const FIRST_VIEW: View = of('light', 1280, 'en');

/** Each theme, width and language is in one of the two ends; what only a mixture shows is looked for when it is asked for. */
export const isEveryView = (): boolean => process.env.DAYBREAK_TEST_PLACES === 'all';
const ENDS: readonly View[] = [FIRST_VIEW, of('dark', 390, 'zh')];
export const viewsToShow = (): readonly View[] => (isEveryView() ? VIEWS : ENDS);

/** Shows the place that is open to somebody with these preferences. The theme of the person is that of the system. */
export async function show(page: Page, { theme, width, language }: View): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.setViewportSize(screenOf(width));
  const other = page.locator(`button[lang^="${language}"]`);
  if (await other.isVisible()) await other.click();
  await page.locator(`html[lang^="${language}"][data-theme="${theme}"]`).waitFor();
  await asksNothing(page);
}

/** What no place may have, whatever it shows; empty when all is well. */
export const looksWrong = (page: Page): Promise<string[]> => page.evaluate<string[]>(LOOKS_WRONG);

/**
 * Elements that a string made, characters that do something to their surroundings, keys that nobody wrote words for, and
 * what lies over or outside of what it belongs to.
 */
const LOOKS_WRONG = `(() => {
  const wrong = [];
  if (document.documentElement.scrollWidth > window.innerWidth + 1) wrong.push('wider than its screen');
  if (document.querySelector('#root script, #root img[src="x"]')) wrong.push('a string has become an element');
  if (/[\\u0007\\u001b\\u202e\\u2028]/.test(document.body.innerText)) wrong.push('a string has kept its controls');
  const data = /^(odd\\.strings|li\\.wei|premium-debit\\.ts|(job|run|session|chain|item)\\.[a-z]+)$/;
  for (const element of document.querySelectorAll('#root *:not(code, .inert)')) {
    for (const node of element.childNodes) {
      const text = node.nodeType === 3 ? node.data.trim() : '';
      if (/^[a-z]+[A-Za-z]*(\\.[A-Za-z_-]+)+$/.test(text) && !data.test(text)) wrong.push('has no words for ' + text);
    }
  }
  const boxOf = (element) => element.getBoundingClientRect();
  const meets = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  for (const button of document.querySelectorAll('#root .ant-btn')) {
    if (button.scrollWidth > button.clientWidth + 2) wrong.push('runs out of its button: ' + button.innerText);
  }
  for (const note of document.querySelectorAll('.graph .edge-note')) {
    const over = [...note.closest('.graph').querySelectorAll('.node')].filter((node) => meets(boxOf(note), boxOf(node)));
    if (over.length > 0) wrong.push('words of a line lie over a box: ' + note.innerText);
    const others = [...note.closest('.graph').querySelectorAll('.edge-note')].filter((other) => other !== note);
    if (others.some((other) => meets(boxOf(note), boxOf(other)))) wrong.push('words of two lines lie over each other: ' + note.innerText);
  }
  for (const canvas of document.querySelectorAll('.canvas')) {
    const room = boxOf(canvas);
    const nodes = [...canvas.querySelectorAll('.react-flow__node')];
    for (const node of nodes) {
      const { left, right, top, bottom } = boxOf(node);
      const isIn = left >= room.left && right <= room.right && top >= room.top && bottom <= room.bottom;
      if (!isIn) wrong.push('is cut off in the drawing: ' + node.innerText);
    }
    for (const words of canvas.querySelectorAll('.react-flow__edge-text')) {
      if (nodes.some((node) => meets(boxOf(words), boxOf(node)))) wrong.push('words of a line lie over a box: ' + words.textContent);
    }
    for (const edge of canvas.querySelectorAll('.react-flow__edge')) {
      const path = edge.querySelector('path.react-flow__edge-path');
      const others = nodes.filter((node) => !edge.dataset.id.split(' > ').includes(node.dataset.id)).map(boxOf);
      const toScreen = path.getScreenCTM();
      const points = [...Array(50)].map((_, n) => path.getPointAtLength((path.getTotalLength() * n) / 49).matrixTransform(toScreen));
      if (points.some(({ x, y }) => others.some((box) => x > box.left && x < box.right && y > box.top && y < box.bottom))) {
        wrong.push('runs behind a box: the line ' + edge.dataset.id);
      }
    }
  }
  return wrong;
})()`;
