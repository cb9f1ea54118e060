import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumPath, describeWith, pageFolder } from '../support/servers.ts';
import { launchBrowser, openPage, type View } from './browser.ts';
import { bundleSizes, FIRST_KB_MAX, LAZY_KB_MAX } from './bundle-size.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { PLACES, type Place } from './places.ts';

/** The built page in a real browser, in front of made-up data and below the real policy. */
const WEB = fileURLToPath(new URL('../../scheduler/web/', import.meta.url));
const AXE = join(WEB, 'node_modules/axe-core/axe.min.js');

/** What the browser says of a log-in page that asks whether somebody is logged in. */
const EXPECTED = /401 \(Unauthorized\)|use a blocker on a POP navigation/;
const VIEWS: readonly View[] = [
  { theme: 'light', width: 1280, language: 'en' },
  { theme: 'dark', width: 390, language: 'zh' },
];

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

  const visit = async (page: Page, { path, before, wait }: Place) => {
    Object.assign(
      fake.state,
      { isSetUp: true, isLoggedIn: true, mustChangePassword: false, isDown: false },
      before ?? {},
    );
    await page.goto(`${fake.url}#${path}`);
    await page.reload();
    await page.waitForSelector(wait ?? '.page');
    // What a page asks for as it opens; a stream never goes idle.
    await page.waitForTimeout(400);
  };

  for (const view of VIEWS) {
    test(`every place can be used by everybody, fits its screen, complains of nothing and keeps odd strings inert: ${view.theme}, ${view.width} px, ${view.language}`, async () => {
      const { context, page, complaints } = await openPage(browser, view);
      const found: string[] = [];
      for (const place of PLACES) {
        await visit(page, place);
        found.push(...(await violations(page)).map((line) => `${place.name}: ${line}`));
        const isWider = await page.evaluate<boolean>('document.documentElement.scrollWidth > window.innerWidth + 1');
        if (isWider) found.push(`${place.name}: wider than its screen`);
        found.push(...complaints.splice(0).flatMap((line) => (EXPECTED.test(line) ? [] : [`${place.name}: ${line}`])));
        if ((await page.evaluate<number>(ALIVE)) > 0) found.push(`${place.name}: a string has come to life`);
        const raw = await page.evaluate<string[]>(RAW_TEXTS);
        found.push(...raw.map((key) => `${place.name}: has no words for ${key}`));
      }
      await context.close();
      expect([...new Set(found)]).toEqual([]);
    });
  }

  test('somebody sets up, logs out, is refused with a wrong password and logs in', async () => {
    const { context, page } = await openPage(browser, VIEWS[0] as View);
    await visit(page, PLACES.find(({ name }) => name === 'setup') as Place);
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
    await context.close();
  });

  test('progress moves by itself, and the page polls when the stream breaks', async () => {
    const { context, page } = await openPage(browser, VIEWS[0] as View);
    await visit(page, PLACES.find(({ name }) => name === 'tonight') as Place);
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
    await context.close();
  });

  test('a wrong cron is named at its field, and put right it says when it fires', async () => {
    const { context, page } = await openPage(browser, VIEWS[0] as View);
    await visit(page, PLACES.find(({ name }) => name === 'edit-job') as Place);
    const cron = page.getByLabel('Cron expression');
    await cron.fill('0 30 25 ? * MON-FRI');
    await page.locator('.field .wrong').filter({ hasText: /25/ }).waitFor();
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await cron.fill('0 30 3 ? * MON-FRI');
    await page.locator('.cron-says').filter({ hasText: '03:30' }).waitFor();
    await expect.poll(() => page.locator('.fires li').count()).toBe(10);
    await context.close();
  });

  test('a circle in a chain is shown before it is sent', async () => {
    const { context, page } = await openPage(browser, VIEWS[0] as View);
    await visit(page, PLACES.find(({ name }) => name === 'edit-chain') as Place);
    await page.getByRole('button', { name: /^import-plans/ }).click();
    await page.getByRole('combobox', { name: /import-plans also waits for/ }).click();
    await page.locator('.ant-select-item-option').filter({ hasText: 'reconcile' }).click();
    await page.getByText(/The edges go round in a circle/).waitFor();
    expect(await page.locator('.edit-bar').innerText()).toMatch(/import-plans > .*reconcile > import-plans/);
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await context.close();
  });

  test('a log of ten million lines is opened at its end, read backwards, and searched', async () => {
    const { context, page } = await openPage(browser, VIEWS[0] as View);
    await visit(page, PLACES.find(({ name }) => name === 'log') as Place);
    await page.getByText('checkpoint 10482113').waitFor();
    expect(await page.locator('.log-line').count()).toBeLessThan(200);
    await page.getByRole('button', { name: 'To the start' }).click();
    await page.getByText('checkpoint 1', { exact: false }).first().waitFor();
    await page.getByPlaceholder('Search the whole log').fill('GATEWAY_BUSY');
    await page.keyboard.press('Enter');
    await page.locator('.hits button').nth(3).click();
    await page.locator('.log-line.is-found').waitFor();
    await context.close();
  });

  test('a run of a thousand shards draws only what is on the screen', async () => {
    const { context, page } = await openPage(browser, VIEWS[0] as View);
    await visit(page, PLACES.find(({ name }) => name === 'run') as Place);
    await expect.poll(() => page.locator('svg[role=img] rect').count()).toBe(1_000);
    expect(await page.locator('.shard-row').count()).toBeLessThan(60);
    await context.close();
  });

  test('what is done to many is answered for each', async () => {
    const { context, page } = await openPage(browser, VIEWS[0] as View);
    await visit(page, PLACES.find(({ name }) => name === 'jobs') as Place);
    const boxes = page.locator('tbody input[type=checkbox]');
    for (const index of [0, 1, 2]) await boxes.nth(index).check();
    await page.getByRole('region', { name: 'Chosen rows' }).getByRole('button', { name: 'Disable' }).click();
    await page.getByLabel('Reason').fill('maintenance');
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.locator('.ant-modal-confirm-title').filter({ hasText: '2 of 3 done' }).waitFor();
    await page.getByText('it has ended already').waitFor();
    await context.close();
  });

  test('the first page and every lazy route keep to their budget', () => {
    const { firstKb, routes } = bundleSizes(pageFolder());
    expect(firstKb).toBeLessThan(FIRST_KB_MAX);
    expect(routes.filter(({ kb }) => kb > LAZY_KB_MAX)).toEqual([]);
  });
});

/** Elements that a string made, and characters that do something to their surroundings. */
const ALIVE = `document.querySelectorAll('#root script, #root img[src="x"]').length
  + (/[\\u0007\\u001b\\u202e\\u2028]/.test(document.body.innerText) ? 1 : 0)`;

/** Texts on the screen that are keys: nobody wrote words for them. */
const RAW_TEXTS = `[...document.querySelectorAll('#root *')].flatMap((element) =>
  [...element.childNodes].filter((node) => node.nodeType === 3 && element.tagName !== 'CODE').map((node) => node.data.trim())
).filter((text) => /^[a-z]+[A-Za-z]*(\\.[A-Za-z_-]+)+$/.test(text) && !['odd.strings', 'li.wei', 'premium-debit.ts'].includes(text)
  && !/^(job|run|session|chain|item)\\.[a-z]+$/.test(text))`;

async function violations(page: Page): Promise<string[]> {
  const has = await page.evaluate<boolean>('typeof axe !== "undefined"');
  // The policy lets no script in but files; this one comes by the browser's own door.
  if (!has) await page.evaluate(readFileSync(AXE, 'utf8'));
  return page.evaluate<string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, any }) => id + ' ' + target.join(' ') + ' ' + (any[0]?.message ?? ''))))`);
}
