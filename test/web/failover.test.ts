import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { clusterBench, endWith } from '../support/cluster-bench.ts';
import { chromiumPath, describeWith } from '../support/servers.ts';
import { closeAfterTest } from './artefacts.ts';
import { launchBrowser, openPage } from './browser.ts';
import { button, field } from './by-hand.ts';
import { startChain } from './night-steps.ts';

describeWith(['Chromium', 'built page', 'MariaDB'], 'a page whose scheduler dies', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser(chromiumPath());
  });
  afterAll(() => browser?.close());

  test('comes back by itself, with the session that it had and with what has happened meanwhile', async () => {
    const bench = await clusterBench();
    onTestFinished(() => bench.drop());
    const first = bench.scheduler(0);
    await first.shows('good once');
    const second = bench.scheduler(1);
    const { context, page } = await openPage(browser, { theme: 'light', width: 1280, language: 'en' });
    closeAfterTest(context);
    await setUpAt(page, /(http\S+) \(good once/.exec(first.output())?.[1] ?? '');
    await page.evaluate('window.isThePageOfBefore = true');
    await page.getByText('No chain has run yet').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();

    await endWith(first, 'SIGKILL');
    await page.getByText('Not connected', { exact: true }).waitFor();
    // Sessions are in the store: whoever goes to the other scheduler is in.
    await second.shows(/is up/);
    const other = await context.newPage();
    await other.goto(`http://127.0.0.1:${bench.ports.schedulers[1]}/`);
    await startChain(other, 'nightly-settlement');

    await bench.scheduler(0).shows(/is up/);
    await page.getByRole('heading', { level: 1 }).filter({ hasText: 'nightly-settlement' }).waitFor();
    await page.locator('.graph').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.evaluate('window.isThePageOfBefore')).toBe(true);
  });
});

async function setUpAt(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await field(page, 'Name').fill('lin');
  await field(page, 'Password').fill('a bridge over the Huangpu');
  await button(page, 'Make the administrator').click();
  await page.getByRole('navigation').first().waitFor();
}
