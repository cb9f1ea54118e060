import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeWith } from '../support/servers.ts';
import { closeAfterTest } from './artefacts.ts';
import { type Rules, violations } from './axe.ts';
import { openPage, type View } from './browser.ts';
import type { FakeApi } from './fake-api.ts';
import { givenFakePage } from './given-fake-page.ts';
import { FAKE_IDS, PLACES, type Place } from './places.ts';
import { FIRST_VIEW, isEveryView, looksWrong, show } from './views.ts';
import { asksNothing, walkTo } from './walk.ts';

/** What the browser says of a log-in page that asks whether somebody is logged in. */
const EXPECTED = /401 \(Unauthorized\)|use a blocker on a POP navigation/;

interface Step extends View {
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
/** The two ends, as long as not every view is asked for. */
const STEPS = isEveryView() ? ALL_STEPS : ALL_STEPS.filter(({ rules }) => rules === 'all');

describeWith(['Chromium', 'built page'], 'every place', () => {
  const given = givenFakePage();

  test('can be used by everybody, fits its screen, complains of nothing, has words for all and keeps odd strings inert, in both themes, widths and languages', async () => {
    const { context, page, complaints } = await openPage(given.browser, FIRST_VIEW);
    closeAfterTest(context);
    const found: string[] = [];
    for (const place of PLACES) {
      await open(page, given.fake, place);
      for (const step of STEPS) {
        await show(page, step);
        const at = `${place.name}, ${step.theme}, ${step.width}, ${step.language}`;
        // The menus around are the same everywhere.
        const within = place.before === undefined && place.name !== 'tonight' ? '.shell-main' : 'html';
        const wrong = [...(await violations(page, step.rules, within)), ...(await looksWrong(page))];
        found.push(...wrong.map((line) => `${at}: ${line}`));
        found.push(...complaints.splice(0).flatMap((line) => (EXPECTED.test(line) ? [] : [`${at}: ${line}`])));
      }
      await show(page, FIRST_VIEW);
    }
    expect([...new Set(found)]).toEqual([]);
  });
});

async function open(page: Page, fake: FakeApi, { name, path, before, wait }: Place): Promise<void> {
  Object.assign(fake.state, { isSetUp: true, isLoggedIn: true, mustChangePassword: false }, before ?? {});
  const isInside = page.url().startsWith(fake.url) && (await page.locator('.shell').count()) > 0;
  if (isInside && before === undefined) return walkTo(page, path(FAKE_IDS), wait);
  // Another address, so that it is loaded again.
  await page.goto(`${fake.url}?${name}#${path(FAKE_IDS)}`);
  await page.waitForSelector(wait ?? '.page');
  await asksNothing(page);
}
