import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumPath, describeWith, pageFolder } from '../support/servers.ts';
import { closeAfterTest } from './artefacts.ts';
import { type Rules, violations } from './axe.ts';
import { launchBrowser, openPage } from './browser.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { PLACES, type Place } from './places.ts';
import { asksNothing, walkTo } from './walk.ts';

/** What the browser says of a log-in page that asks whether somebody is logged in. */
const EXPECTED = /401 \(Unauthorized\)|use a blocker on a POP navigation/;

interface Step {
  readonly theme: 'light' | 'dark';
  readonly width: 1280 | 390;
  readonly language: 'en' | 'zh';
  readonly rules: Rules;
}

/**
 * One thing changes from step to step, and a place is loaded once. Structure is checked in each language at each width
 * and colours in each theme at each width: a theme adds no element, and a language has no colours of its own.
 */
const ALL_STEPS: readonly Step[] = [
  { theme: 'light', width: 1280, language: 'en', rules: 'all' },
  { theme: 'dark', width: 1280, language: 'en', rules: 'colours' },
  { theme: 'dark', width: 1280, language: 'zh', rules: 'structure' },
  { theme: 'dark', width: 390, language: 'zh', rules: 'all' },
  { theme: 'light', width: 390, language: 'zh', rules: 'colours' },
  { theme: 'light', width: 390, language: 'en', rules: 'structure' },
];
/** Every language, theme and width is in one of the two ends; what only a mixture shows is looked for when it is asked for. */
const STEPS = process.env.DAYBREAK_TEST_PLACES === 'all' ? ALL_STEPS : ALL_STEPS.filter(({ rules }) => rules === 'all');
const FIRST = STEPS[0] as Step;

describeWith(['Chromium', 'built page'], 'every place', () => {
  let browser: Browser;
  let fake: FakeApi;
  beforeAll(async () => {
    fake = await startFakeApi({ folder: pageFolder() });
    browser = await launchBrowser(chromiumPath());
  });
  afterAll(async () => {
    await browser?.close();
    await fake?.close();
  });

  test('can be used by everybody, fits its screen, complains of nothing, has words for all and keeps odd strings inert, in both themes, widths and languages', async () => {
    const { context, page, complaints } = await openPage(browser, FIRST);
    closeAfterTest(context);
    const found: string[] = [];
    for (const place of PLACES) {
      await open(page, fake, place);
      for (const step of STEPS) {
        await show(page, step);
        const at = `${place.name}, ${step.theme}, ${step.width}, ${step.language}`;
        // The menus around are the same everywhere.
        const within = place.before === undefined && place.name !== 'tonight' ? '.shell-main' : 'html';
        const wrong = [
          ...(await violations(page, step.rules, within)),
          ...(await page.evaluate<string[]>(LOOKS_WRONG)),
        ];
        found.push(...wrong.map((line) => `${at}: ${line}`));
        found.push(...complaints.splice(0).flatMap((line) => (EXPECTED.test(line) ? [] : [`${at}: ${line}`])));
      }
      await show(page, FIRST);
    }
    expect([...new Set(found)]).toEqual([]);
  });
});

async function open(page: Page, fake: FakeApi, { name, path, before, wait }: Place): Promise<void> {
  Object.assign(fake.state, { isSetUp: true, isLoggedIn: true, mustChangePassword: false }, before ?? {});
  const isInside = page.url().startsWith(fake.url) && (await page.locator('.shell').count()) > 0;
  if (isInside && before === undefined) return walkTo(page, path, wait);
  // Another address, so that it is loaded again.
  await page.goto(`${fake.url}?${name}#${path}`);
  await page.waitForSelector(wait ?? '.page');
  await asksNothing(page);
}

async function show(page: Page, { theme, width, language }: Step): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
  const other = page.locator(`button[lang^="${language}"]`);
  if (await other.isVisible()) await other.click();
  await page.locator(`html[lang^="${language}"][data-theme="${theme}"]`).waitFor();
  await asksNothing(page);
}

/** Elements that a string made, characters that do something to their surroundings, and keys that nobody wrote words for. */
const LOOKS_WRONG = `(() => {
  const wrong = [];
  if (document.documentElement.scrollWidth > window.innerWidth + 1) wrong.push('wider than its screen');
  if (document.querySelector('#root script, #root img[src="x"]')) wrong.push('a string has become an element');
  if (/[\\u0007\\u001b\\u202e\\u2028]/.test(document.body.innerText)) wrong.push('a string has kept its controls');
  const data = /^(odd\\.strings|li\\.wei|premium-debit\\.ts|(job|run|session|chain|item)\\.[a-z]+)$/;
  for (const element of document.querySelectorAll('#root *:not(code)')) {
    for (const node of element.childNodes) {
      const text = node.nodeType === 3 ? node.data.trim() : '';
      if (/^[a-z]+[A-Za-z]*(\\.[A-Za-z_-]+)+$/.test(text) && !data.test(text)) wrong.push('has no words for ' + text);
    }
  }
  return wrong;
})()`;
