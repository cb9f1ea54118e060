import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Somebody without a mouse: nothing here but keys, and what the page says of where they are. */
export interface Focused {
  /** What it is called by somebody who hears the page; '' when it is nowhere, as in a page that was just opened. */
  readonly name: string;
  /** Whether those who see the page see it, too. */
  readonly isSeen: boolean;
  readonly isInDialog: boolean;
}

export const focused = (page: Page): Promise<Focused> => page.evaluate<Focused>(FOCUSED);

/** antd draws the frame of an input around it, and that of a box or a radio button beside it. */
const FOCUSED = `(() => {
  const at = document.activeElement ?? document.body;
  const label = [...(at.labels ?? [])].map((one) => one.textContent).join(' ');
  const drawn = at.closest('.ant-input-affix-wrapper, .ant-select, .ant-picker, .ant-input-number, .ant-segmented-item');
  const shown = [at, drawn, at.nextElementSibling].filter((one) => one !== null).map((one) => getComputedStyle(one));
  const hasFrame = ({ outlineStyle, outlineWidth, boxShadow }) =>
    (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
  const { width, height, right, bottom } = at.getBoundingClientRect();
  return {
    name: at === document.body ? '' : at.getAttribute('aria-label') ?? ((label || at.textContent).trim() || at.outerHTML.slice(0, 80)),
    isSeen: at !== document.body && width > 0 && height > 0 && right > 0 && bottom > 0 && shown.some(hasFrame),
    isInDialog: at.closest('[role=dialog], dialog') !== null,
  };
})()`;

const STEPS_MAX = 120;

/**
 * Goes on by Tab (or back, by Shift+Tab) until it is at what has this name. Whatever it passes has to be seen: the names
 * that it gives are those of all that it stood on.
 */
export async function tabTo(page: Page, name: string | RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<string[]> {
  const passed: string[] = [];
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    await page.keyboard.press(key);
    const at = await focused(page);
    if (at.name === '') continue;
    passed.push(at.name);
    expect(at, `where the keyboard is, after ${passed.slice(-5).join(' > ')}`).toMatchObject({ isSeen: true });
    if (typeof name === 'string' ? at.name === name : name.test(at.name)) return passed;
  }
  throw new Error(`the keyboard does not come to ${name}, but to ${passed.join(' > ')}`);
}

export async function pressAt(page: Page, name: string | RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await tabTo(page, name, key);
  await page.keyboard.press('Enter');
}
