import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeWith, pageFolder } from '../support/servers.ts';
import { closeAfterTest } from './artefacts.ts';
import { openPage, type View } from './browser.ts';
import { bundleSizes, FIRST_KB_MAX, LAZY_KB_MAX } from './bundle-size.ts';
import { SCRIPT_RUN } from './fake-data.ts';
import { type FakeScript, SCRIPTS } from './fake-scripts.ts';
import { givenFakePage } from './given-fake-page.ts';
import { FAKE_IDS, PLACES, type Place } from './places.ts';
import { asksNothing } from './walk.ts';

/** The built page in a real browser, in front of made-up data and below the real policy. */
const VIEW: View = { theme: 'light', width: 1280, language: 'en' };

describeWith(['Chromium', 'built page'], 'the page', () => {
  const given = givenFakePage();

  /** A person who opens this place, as nobody did before. */
  const visit = async (name: string): Promise<Page> => {
    const { path, before, wait } = PLACES.find((place) => place.name === name) as Place;
    Object.assign(
      given.fake.state,
      {
        isSetUp: true,
        isLoggedIn: true,
        mustChangePassword: false,
        isDown: false,
        isBulkHeldUp: false,
        scripts: [...SCRIPTS],
      },
      before ?? {},
    );
    const { context, page } = await openPage(given.browser, VIEW);
    closeAfterTest(context);
    await page.goto(`${given.fake.url}#${path(FAKE_IDS)}`);
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

  test('progress moves by itself, stands still and says so when nobody answers, and goes on when somebody does', async () => {
    const page = await visit('tonight');
    const done = () => page.locator('.figure b').first().innerText();
    await page.getByText('Live', { exact: true }).waitFor();
    const before = await done();
    await expect.poll(done, { timeout: 60_000 }).not.toBe(before);
    given.fake.state.isDown = true;
    for (const stream of given.fake.state.streams) stream.destroy();
    const bar = page.getByRole('status').filter({ hasText: 'What is shown is of' });
    await bar.waitFor();
    await page.getByText('Not connected', { exact: true }).waitFor();
    // Whatever counts seconds stands still: it would count on what nobody knows.
    const shown = () => page.locator('.shell-main').innerText();
    const then = await shown();
    await page.waitForTimeout(1_500);
    expect(await shown()).toBe(then);
    expect(await page.locator('.shell-main .problem').count()).toBe(0);
    given.fake.state.isDown = false;
    given.fake.state.steps += 50;
    await bar.waitFor({ state: 'detached' });
    await page.getByText('Live', { exact: true }).waitFor();
    await expect.poll(done, { timeout: 60_000 }).not.toBe(before);
  });

  test('items and nights open on a group that has some, and on the one that was last looked at', async () => {
    const page = await visit('nights');
    await page.waitForURL((url) => url.hash === '#/nights?group=settlement');
    await page.getByRole('combobox', { name: 'Group' }).click();
    await page.locator('.ant-select-item-option').filter({ hasText: 'reports' }).click();
    await page.waitForURL((url) => url.hash === '#/nights?group=reports');
    await page.getByRole('navigation').first().getByRole('link', { name: 'Items' }).click();
    await page.waitForURL((url) => url.hash === '#/items?group=reports');
    // A step back leaves the place; it does not open it again without its group.
    await page.goBack();
    await page.waitForURL((url) => url.hash === '#/nights?group=reports');
  });

  test('what is not there is a page with a way on, and keeps no other page from being live', async () => {
    const page = await visit('nights');
    await page.evaluate("location.hash = '#/nights/settlement/999'");
    await page.getByRole('heading', { level: 1, name: 'Night 999' }).waitFor();
    await page.getByText('there is no night 999').waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    await page.locator('.page').getByRole('link', { name: 'Nights' }).click();
    await page.waitForURL((url) => url.hash === '#/nights?group=settlement');
    await page.evaluate("location.hash = '#/runs/abc'");
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  test('runs of sweeps are left out, until somebody asks for them or chooses a job', async () => {
    const page = await visit('runs');
    const sweeps = page.locator('table.list tbody tr').filter({ hasText: 'verification-sweep' });
    await page.getByRole('button', { name: 'Sweeps are left out: show them' }).waitFor();
    expect(await sweeps.count()).toBe(0);
    await page.getByRole('button', { name: 'Sweeps are left out: show them' }).click();
    await page.waitForURL((url) => url.hash === '#/runs?sweeps=with');
    await expect.poll(() => sweeps.count()).toBe(3);
    await page.getByRole('button', { name: 'Leave out sweeps' }).click();
    await page.waitForURL((url) => url.hash === '#/runs');
    await expect.poll(() => sweeps.count()).toBe(0);
    await page.evaluate("location.hash = '#/runs?job=11'");
    await expect.poll(() => page.getByRole('button', { name: /sweeps/i }).count()).toBe(0);
  });

  test('a wrong cron is named at its field, and put right it says when it fires', async () => {
    const page = await visit('edit-job');
    const cron = page.getByLabel('Cron expression');
    await cron.fill('0 30 25 ? * MON-FRI');
    await page.locator('.field .wrong').filter({ hasText: /25/ }).waitFor();
    // The field says it from the preview of the fires; the whole definition is checked a moment later.
    await expect.poll(() => page.getByRole('button', { name: 'Save' }).isDisabled(), { timeout: 30_000 }).toBe(true);
    await cron.fill('');
    await expect.poll(() => page.locator('.field .wrong').filter({ hasText: /25/ }).count()).toBe(0);
    await cron.fill('0 0 22 31 2 ?');
    await page.locator('.field .wrong').filter({ hasText: 'it never fires' }).waitFor();
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

  test('a script is saved after its difference was seen, and restored; of two who save, the second has both texts', async () => {
    const page = await visit('edit-script');
    const text = page.getByLabel('Text of the script');
    const dialog = page.getByRole('dialog');
    const review = page.getByRole('button', { name: 'See the changes and save' });
    expect(await review.isDisabled()).toBe(true);
    await text.fill((await text.inputValue()).replace('+30', '+60'));
    await review.click();
    await dialog.locator('tr.is').filter({ hasText: '-mtime +60' }).waitFor();
    await dialog.getByLabel('What has changed').fill('two months');
    const [, , newest] = SCRIPTS as [FakeScript, FakeScript, FakeScript];
    given.fake.state.scripts.push({ ...newest, by: 'li.wei', source: newest.source.replace('exit 0', 'exit 3') });
    await dialog.getByRole('button', { name: 'Save' }).click();

    await page.getByRole('heading', { name: 'Version 4 was saved in the meantime' }).waitFor();
    const theirs = page.getByRole('group', { name: 'What version 4 changed' });
    await theirs.locator('tr.is').filter({ hasText: 'exit 3' }).waitFor();
    const yours = page.getByRole('group', { name: 'What your text changes in version 4' });
    await yours.locator('tr.is').filter({ hasText: '-mtime +60' }).waitFor();
    expect([await text.inputValue(), await review.isDisabled()]).toEqual([expect.stringContaining('+60'), true]);
    await page.getByRole('button', { name: 'Go on with mine' }).click();
    await text.fill((await text.inputValue()).replace('exit 0', 'exit 3'));
    await review.click();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Text of version 5' }).waitFor();
    // What was sent is what stood in the field, its odd signs and all.
    expect(given.fake.state.scripts.at(-1)).toEqual({
      source: newest.source.replace('+30', '+60').replace('exit 0', 'exit 3').replaceAll(/\r\n?/g, '\n'),
      remark: 'two months',
      by: 'chen',
    });

    await page.getByRole('listitem').filter({ hasText: 'Version 1' }).getByRole('button', { name: 'Restore' }).click();
    await dialog.locator('tr.was').filter({ hasText: '-mtime +60' }).waitFor();
    await dialog.getByRole('button', { name: 'Restore' }).click();
    await page.getByRole('heading', { name: 'Text of version 6' }).waitFor();
    expect(given.fake.state.scripts.at(-1)).toEqual({ ...SCRIPTS[0], remark: 'as in version 1', by: 'chen' });
  });

  test('a run says which version of the script it ran, and a job with a handler has none', async () => {
    const page = await visit('run');
    await page.evaluate(`location.hash = '#/runs/${SCRIPT_RUN}'`);
    await page.locator('.facts > div').filter({ hasText: 'Version of the script' }).getByRole('link').click();
    await page.getByRole('heading', { name: 'Text of version 2' }).waitFor();
    await page.getByRole('button', { name: 'To the job' }).click();
    await page.getByRole('heading', { name: 'Script' }).waitFor();
    await page.evaluate(`location.hash = '#/jobs/${FAKE_IDS.job}'`);
    await page.getByRole('heading', { level: 1, name: 'bank-fees' }).waitFor();
    await asksNothing(page);
    expect(await page.getByRole('heading', { name: 'Script' }).count()).toBe(0);
    await page.evaluate(`location.hash = '#/jobs/${FAKE_IDS.job}/script/edit'`);
    await page.getByText('This job runs a handler and has no script.').waitFor();
  });

  test('what is done to many is answered for each, and can be looked at until it was', async () => {
    const page = await visit('jobs');
    given.fake.state.isBulkHeldUp = true;
    const boxes = page.locator('tbody input[type=checkbox]');
    for (const index of [0, 1, 2]) await boxes.nth(index).check();
    await page.getByRole('region', { name: 'Chosen rows' }).getByRole('button', { name: 'Disable' }).click();
    await page.getByLabel('Reason').fill('maintenance');
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    const progress = page.getByRole('dialog').getByRole('status');
    await progress.filter({ hasText: '1 of 3 looked at' }).waitFor();
    await page.getByRole('dialog').locator('.ant-modal-footer button').filter({ hasText: 'Close' }).click();
    const sign = page.getByRole('button', { name: /^Disable: / });
    await sign.filter({ hasText: '1/3' }).waitFor();
    await page.reload();
    await sign.filter({ hasText: '1/3' }).waitFor();
    given.fake.state.isBulkHeldUp = false;
    await sign.filter({ hasText: '2/3' }).click();
    await progress.filter({ hasText: '2 of 3 done' }).waitFor();
    await page.getByText('it has ended already').waitFor();
    await page.getByRole('dialog').locator('.ant-modal-footer button').filter({ hasText: 'Close' }).click();
    await sign.waitFor({ state: 'detached' });
  });

  test('what is tried here is built as it is for everybody', () => {
    const text = (name: string) => readFileSync(join(pageFolder(), name), 'utf8');
    const built = Object.values(JSON.parse(text('manifest.json')) as Record<string, { file: string }>);
    // What antd gives everything as its id below a test.
    expect(built.map(({ file }) => file).filter((file) => text(file).includes('test-id'))).toEqual([]);
  });

  test('the first page and every lazy route keep to their budget', () => {
    const { firstKb, routes } = bundleSizes(pageFolder());
    expect(firstKb).toBeLessThan(FIRST_KB_MAX);
    expect(routes.filter(({ kb }) => kb > LAZY_KB_MAX)).toEqual([]);
  });
});
