import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeWith } from '../support/servers.ts';
import { closeAfterTest } from './artefacts.ts';
import { openPage } from './browser.ts';
import { givenFakePage } from './given-fake-page.ts';

/** What is left of a night: why it stands still, and what can be read and asked of one debit. */
describeWith(['Chromium', 'built page'], 'what is left of a night', () => {
  const given = givenFakePage();

  const visit = async (path: string): Promise<Page> => {
    Object.assign(given.fake.state, { isSetUp: true, isLoggedIn: true });
    const { context, page } = await openPage(given.browser, { theme: 'light', width: 1280, language: 'en' });
    closeAfterTest(context);
    await page.goto(`${given.fake.url}#${path}`);
    return page;
  };

  test('a night whose shards are all back says what its items wait for, and leads to them', async () => {
    given.fake.state.isStanding = true;
    const page = await visit('/');
    await page.getByText('Everything was looked at; what is left waits.').waitFor();
    await page.locator('.figure').filter({ hasText: 'Not sent yet' }).getByText('10', { exact: true }).waitFor();
    const waits = page.locator('.what-waits li');
    await waits.filter({ hasText: 'PREMIUM: 27 wait for two people to decide' }).waitFor();
    await waits.filter({ hasText: 'PRINCIPAL: 10 wait for their premium' }).getByRole('link').click();
    await page.waitForURL((url) => url.hash === '#/items?group=settlement&state=PENDING');
  });

  test('a reason is in words, what nobody asks about is overdue, and who judges sees what', async () => {
    const page = await visit('/items?group=settlement');
    const row = (requestNo: string) => page.getByRole('row').filter({ hasText: requestNo });
    await row('PRD.C-2026-000421').getByText('another amount or currency (SUCCESS_OTHER_VALUES)').waitFor();
    await row('PRD.C-2026-000431').getByText('Overdue for 3 min: not being asked now').waitFor();
    expect(await row('PRD.C-2026-000401').getByText('Overdue').count()).toBe(0);
    await page.locator('.as-link').filter({ hasText: 'PRD.C-2026-000411' }).first().click();
    await page.getByRole('button', { name: 'Count as debited' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('PRD.C-2026-000411.P.2026-11.1.2').waitFor();
    await dialog.getByText('12,000.33').waitFor();
  });
});
