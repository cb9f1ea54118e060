import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumPath, describeWith, pageFolder } from '../support/servers.ts';
import { closeAfterTest } from './artefacts.ts';
import { launchBrowser, openPage, type View } from './browser.ts';
import { bundleSizes, FIRST_KB_MAX, LAZY_KB_MAX } from './bundle-size.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { PLACES, type Place } from './places.ts';
import { asksNothing } from './walk.ts';

/** The built page in a real browser, in front of made-up data and below the real policy. */
const VIEW: View = { theme: 'light', width: 1280, language: 'en' };

describeWith(['Chromium', 'built page'], 'the page', () => {
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

  /** A person who opens this place, as nobody did before. */
  const visit = async (name: string): Promise<Page> => {
    const { path, before, wait } = PLACES.find((place) => place.name === name) as Place;
    Object.assign(
      fake.state,
      { isSetUp: true, isLoggedIn: true, mustChangePassword: false, isDown: false },
      before ?? {},
    );
    const { context, page } = await openPage(browser, VIEW);
    closeAfterTest(context);
    await page.goto(`${fake.url}#${path}`);
    await page.waitForSelector(wait ?? '.page');
    await asksNothing(page);
    return page;
  };

  test('somebody sets up, logs out, is refused with a wrong password and logs in', async () => {
    const page = await visit('setup');
    await page.getByLabel('Name', { exact: true }).fill('chen');
    await page.getByLabel('Password', { exact: true }).fill('a long enough one');
    await page.getByRole('button', { name: 'Make the administrator' }).click();
    await page.waitForSelector('.graph');
    await page.getByRole('button', { name: /Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await page.waitForSelector('.door form');
    await page.getByLabel('Name', { exact: true }).fill('chen');
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').getByText('no such name and password').waitFor();
    await page.getByLabel('Password', { exact: true }).fill('right');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForSelector('.graph');
  });

  test('progress moves by itself, and the page polls when the stream breaks', async () => {
    const page = await visit('tonight');
    const done = () => page.locator('.figure b').first().innerText();
    await page.getByText('Live', { exact: true }).waitFor();
    const before = await done();
    await expect.poll(done, { timeout: 60_000 }).not.toBe(before);
    fake.state.isDown = true;
    for (const stream of fake.state.streams) stream.destroy();
    await page.getByText('Every 5 s').waitFor();
    fake.state.isDown = false;
    fake.state.steps += 50;
    const while_down = await done();
    await expect.poll(done, { timeout: 60_000 }).not.toBe(while_down);
  });

  test('a wrong cron is named at its field, and put right it says when it fires', async () => {
    const page = await visit('edit-job');
    const cron = page.getByLabel('Cron expression');
    await cron.fill('0 30 25 ? * MON-FRI');
    await page.locator('.field .wrong').filter({ hasText: /25/ }).waitFor();
    // The field says it from the preview of the fires; the whole definition is checked a moment later.
    await expect.poll(() => page.getByRole('button', { name: 'Save' }).isDisabled(), { timeout: 30_000 }).toBe(true);
    await cron.fill('0 30 3 ? * MON-FRI');
    await page.locator('.cron-says').filter({ hasText: '03:30' }).waitFor();
    await expect.poll(() => page.locator('.fires li').count()).toBe(10);
  });

  test('a circle in a chain is shown before it is sent', async () => {
    const page = await visit('edit-chain');
    await page.getByRole('button', { name: /^import-plans/ }).click();
    await page.getByRole('combobox', { name: /import-plans also waits for/ }).click();
    await page.locator('.ant-select-item-option').filter({ hasText: 'reconcile' }).click();
    await page.getByText(/The edges go round in a circle/).waitFor();
    expect(await page.locator('.edit-bar').innerText()).toMatch(/import-plans > .*reconcile > import-plans/);
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  });

  test('a log of ten million lines is opened at its end, read backwards, and searched', async () => {
    const page = await visit('log');
    await page.getByText('checkpoint 10482113').waitFor();
    expect(await page.locator('.log-line').count()).toBeLessThan(200);
    await page.getByRole('button', { name: 'To the start' }).click();
    await page.getByText('checkpoint 1', { exact: false }).first().waitFor();
    await page.getByPlaceholder('Search the whole log').fill('GATEWAY_BUSY');
    await page.keyboard.press('Enter');
    await page.locator('.hits button').nth(3).click();
    await page.locator('.log-line.is-found').waitFor();
  });

  test('a run of a thousand shards draws only what is on the screen', async () => {
    const page = await visit('run');
    await expect.poll(() => page.locator('svg[role=img] rect').count()).toBe(1_000);
    expect(await page.locator('.shard-row').count()).toBeLessThan(60);
  });

  test('what is done to many is answered for each', async () => {
    const page = await visit('jobs');
    const boxes = page.locator('tbody input[type=checkbox]');
    for (const index of [0, 1, 2]) await boxes.nth(index).check();
    await page.getByRole('region', { name: 'Chosen rows' }).getByRole('button', { name: 'Disable' }).click();
    await page.getByLabel('Reason').fill('maintenance');
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('status').filter({ hasText: '2 of 3 done' }).waitFor();
    await page.getByText('it has ended already').waitFor();
  });

  test('the first page and every lazy route keep to their budget', () => {
    const { firstKb, routes } = bundleSizes(pageFolder());
    expect(firstKb).toBeLessThan(FIRST_KB_MAX);
    expect(routes.filter(({ kb }) => kb > LAZY_KB_MAX)).toEqual([]);
  });
});
