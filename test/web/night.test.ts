import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { chromiumPath, describeWith } from '../support/servers.ts';
import { closeAfterTest } from './artefacts.ts';
import { launchBrowser, openPage } from './browser.ts';
import { ODD_STRINGS } from './fake-night.ts';
import { COUNTED, type RealScheduler, startOwnExecutor, startRealScheduler } from './real-night.ts';

const ADMIN = { name: 'lin', password: 'a bridge over the Huangpu' };
const SECOND = { name: 'wang', first: 'the first of two words', password: 'a ferry under the bridge' };

/** A browser tells of every answer that is no 200, of a scheduler that restarts, and of a group that has no items. */
const EXPECTED = /^Failed to load resource/;

describeWith(['Chromium', 'built page'], 'a night on the page', () => {
  let browser: Browser;
  let real: RealScheduler;
  beforeAll(async () => {
    [browser, real] = await Promise.all([launchBrowser(chromiumPath()), startRealScheduler('moderate')]);
  });
  afterAll(async () => {
    await browser?.close();
    await real?.stop();
  });

  const person = async () => {
    const opened = await openPage(browser, { theme: 'light', width: 1280, language: 'en' });
    closeAfterTest(opened.context);
    return opened;
  };

  // On two idle cores a minute, half of which it waits for cut-offs.
  test('is set up, run, watched, decided by two people and read, with a scheduler and executors that are no stand-ins', {
    timeout: 600_000,
  }, async () => {
    const { page, complaints } = await person();
    await setUp(page, real.setupLink);
    await startChain(page, 'nightly-settlement');
    await progressMovesToItsEnd(page);

    const command = await makeGroup(page, 'front-desk');
    const executor = await startOwnExecutor('front-desk', command);
    onTestFinished(() => executor[Symbol.asyncDispose]());
    await makeJobWithWrongCron(page);
    await makeJob(page, { name: 'sweep-floor', handler: 'sweep-floor' });
    await makeChain(page, 'closing-time', ['count-coins', 'sweep-floor']);
    await startChain(page, 'closing-time');
    await openLogOfFailedShard(page);

    await real.startAgain('unsettled');
    await startChain(page, 'nightly-settlement');
    await makeSecondUser(page);
    const second = await person();
    await firstLogIn(second.page, real.url);
    const requestNo = await askToSettle(page);
    await approve(second.page, requestNo);
    await isSettled(page, requestNo);
    await readReport(page);
    await switchLanguageAndTheme(page);
    expect([...complaints, ...second.complaints].filter((line) => !EXPECTED.test(line))).toEqual([]);
  });
});

const button = (within: Page | Locator, name: string | RegExp) => within.getByRole('button', { name, exact: true });
const field = (within: Page | Locator, name: string) => within.getByLabel(name, { exact: true });
const goTo = (page: Page, place: string) =>
  page.getByRole('navigation').first().getByRole('link', { name: place }).click();

/** Chooses in one of antd's selects, whose options are drawn elsewhere in the page. */
async function choose(page: Page, within: Page | Locator, label: string, option: string | RegExp): Promise<void> {
  await within.getByRole('combobox', { name: label, exact: true }).click();
  await page
    .locator('.ant-select-dropdown:visible .ant-select-item-option')
    .filter({ hasText: option })
    .first()
    .click();
}

/** Filters stand in the address. */
async function chooseGroup(page: Page, group: string): Promise<void> {
  await choose(page, page, 'Group', group);
  await page.waitForURL((url) => url.hash.includes(`group=${group}`));
}

async function setUp(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await field(page, 'Name').fill(ADMIN.name);
  await field(page, 'Password').fill(ADMIN.password);
  await button(page, 'Make the administrator').click();
  await page.getByText('Tonight').first().waitFor();
  // The link is used up; a name and a password are what is good from now on.
  await button(page, /Account of/).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await field(page, 'Name').fill(ADMIN.name);
  await field(page, 'Password').fill(ADMIN.password);
  await button(page, 'Log in').click();
  await page.getByRole('navigation').first().waitFor();
}

async function startChain(page: Page, chain: string): Promise<void> {
  await goTo(page, 'Chains');
  await page.getByRole('link', { name: chain }).click();
  await button(page, /^Start/).click();
  await button(page.getByRole('dialog'), 'Start').click();
  await page.getByRole('heading', { level: 1 }).filter({ hasText: chain }).waitFor();
}

/** Nobody loads the page again: what it shows is what the stream tells it to read. */
async function progressMovesToItsEnd(page: Page): Promise<void> {
  const done = async () => Number(await page.locator('.figure b').first().innerText());
  const before = await done();
  await expect.poll(done).toBeGreaterThan(before);
  await page.locator('.horizon-say').filter({ hasText: 'Done at' }).waitFor({ timeout: 120_000 });
  expect(await done()).toBe(80);
  expect(await page.locator('.legend').filter({ hasText: 'Not told yet' }).count()).toBe(0);
}

/** Makes a group and gives back the command with which an executor joins it. */
async function makeGroup(page: Page, name: string): Promise<string> {
  await goTo(page, 'Executors');
  await button(page, 'New group').click();
  const dialog = page.getByRole('dialog', { name: 'New group' });
  await field(dialog, 'Name').fill(name);
  await field(dialog, 'Title').fill(ODD_STRINGS.script);
  await button(dialog, 'Save').click();
  const row = page.getByRole('row').filter({ hasText: name });
  await row.getByText(ODD_STRINGS.script).waitFor();
  await isInert(page);
  await button(row, 'Join').click();
  await button(page, 'Make the command').click();
  const command = await page.getByRole('dialog').locator('code').filter({ hasText: 'DAYBREAK_JOIN_TOKEN' }).innerText();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  return command;
}

async function fillJob(page: Page, job: { name: string; handler: string }): Promise<void> {
  await goTo(page, 'Jobs');
  await page.getByRole('link', { name: 'New job' }).click();
  await field(page, 'Name').fill(job.name);
  await field(page, 'Group of executors').fill('front-desk');
  await field(page, 'Handler').fill(job.handler);
}

async function save(page: Page, name: string): Promise<void> {
  await button(page, 'Save').click();
  await page.getByRole('heading', { level: 1 }).filter({ hasText: name }).waitFor();
}

async function makeJob(page: Page, job: { name: string; handler: string }): Promise<void> {
  await fillJob(page, job);
  await save(page, job.name);
}

/** Three shards, one of which its handler refuses, and a cron that is no cron at first. */
async function makeJobWithWrongCron(page: Page): Promise<void> {
  await fillJob(page, { name: 'count-coins', handler: 'count-coins' });
  await field(page, 'Title').fill(ODD_STRINGS.rightToLeft);
  await field(page, 'Parameter').fill(ODD_STRINGS.image);
  await choose(page, page, 'Route', /^SHARDING_BROADCAST/);
  await field(page, 'Shards').fill('3');
  await choose(page, page, 'Fires', 'By cron');
  await field(page, 'Cron expression').fill('0 30 25 ? * MON-FRI');
  await page.locator('.field .wrong').filter({ hasText: '25' }).waitFor();
  await expect.poll(() => button(page, 'Save').isDisabled()).toBe(true);
  await field(page, 'Cron expression').fill('0 30 3 ? * MON-FRI');
  await expect.poll(() => page.locator('.fires li').count()).toBe(10);
  await save(page, 'count-coins');
  // The mark that turns the direction of writing is seen as a sign.
  await page.getByText('invoice‹U+202E›fdp.exe').first().waitFor();
  await isInert(page);
}

async function makeChain(page: Page, name: string, [first, then]: readonly [string, string]): Promise<void> {
  await goTo(page, 'Chains');
  await page.getByRole('link', { name: 'New chain' }).click();
  await field(page, 'Name').fill(name);
  await choose(page, page, 'Add a job', first);
  await choose(page, page, 'Add a job', then);
  await choose(page, page, `${then} also waits for …`, first);
  await page.locator('.react-flow__node').filter({ hasText: then }).waitFor();
  await save(page, name);
}

/** Three clicks from the chain: its failed job, the run, the log of the shard. */
async function openLogOfFailedShard(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).getByText('closing-time').waitFor();
  await goTo(page, 'Runs');
  const row = page.getByRole('row').filter({ hasText: 'count-coins' }).filter({ hasText: 'Failed' });
  await row.getByRole('link').first().click();
  const shard = page.locator('.shard-row').filter({ hasText: 'Shard 2' });
  await shard.filter({ hasText: `the till is locked ${ODD_STRINGS.image}` }).waitFor();
  await isInert(page);
  await shard.getByRole('link', { name: 'Log' }).click();
  await page.locator('.log-line').filter({ hasText: ODD_STRINGS.script }).waitFor();
  await isInert(page);
  expect(await page.locator('.log-line').filter({ hasText: COUNTED }).count()).toBe(0);
}

/** What people and programs wrote is text here, and nothing else: no element, and no sign that moves its neighbours. */
async function isInert(page: Page): Promise<void> {
  expect(await page.locator('#root script, #root img[src="x"]').count()).toBe(0);
  expect(await page.locator('body').innerText()).not.toMatch(CONTROLS);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000\u0007\u001b\u202e\u2028]/;

async function makeSecondUser(page: Page): Promise<void> {
  await goTo(page, 'Users and keys');
  await button(page, 'New user').click();
  const dialog = page.getByRole('dialog', { name: 'New user' });
  await field(dialog, 'Name').fill(SECOND.name);
  await field(dialog, 'First password').fill(SECOND.first);
  await choose(page, dialog, 'Add a group', 'settlement');
  await dialog.getByRole('checkbox', { name: 'approve' }).check();
  await button(dialog, 'Save').click();
  await page.getByRole('row').filter({ hasText: SECOND.name }).filter({ hasText: 'approve' }).waitFor();
}

async function firstLogIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await field(page, 'Name').fill(SECOND.name);
  await field(page, 'Password').fill(SECOND.first);
  await button(page, 'Log in').click();
  await field(page, 'Password until now').fill(SECOND.first);
  await field(page, 'New password').fill(SECOND.password);
  await field(page, 'New password again').fill(SECOND.password);
  await button(page, 'Change the password').click();
  await page.getByRole('navigation').first().waitFor();
}

/** The first of what the night left to people; whoever asks for it may not decide it. */
async function askToSettle(page: Page): Promise<string> {
  await goTo(page, 'Items');
  await chooseGroup(page, 'settlement');
  await choose(page, page, 'State', 'Two people decide');
  // Some are decided by people at once, others when the night has asked in vain until its cut-off.
  const item = page
    .getByRole('row')
    .filter({ has: page.locator('.as-link'), hasText: 'Two people decide' })
    .first();
  await item.waitFor({ timeout: 120_000 });
  const requestNo = await item.locator('.as-link').innerText();
  await item.locator('.as-link').click();
  await page.getByRole('list', { name: 'History of the item' }).getByRole('listitem').first().waitFor();
  await button(page, 'Count as debited').click();
  await field(page.getByRole('dialog'), 'Reason').fill(`${ODD_STRINGS.script} the bank says so by telephone`);
  await button(page, 'Ask for it').click();
  await goTo(page, 'Approvals');
  const asked = page.locator('.approval').filter({ hasText: requestNo });
  await asked.waitFor();
  expect(await button(asked, 'Approve').count()).toBe(0);
  return requestNo;
}

async function approve(page: Page, requestNo: string): Promise<void> {
  await goTo(page, 'Approvals');
  const asked = page.locator('.approval').filter({ hasText: requestNo });
  await asked.getByText(ODD_STRINGS.script).waitFor();
  await isInert(page);
  await button(asked, 'Approve').click();
  await field(page.getByRole('dialog'), 'Reason').fill('heard the same');
  await button(page.getByRole('dialog'), 'Approve').click();
  await asked.waitFor({ state: 'detached' });
}

async function isSettled(page: Page, requestNo: string): Promise<void> {
  await goTo(page, 'Items');
  await chooseGroup(page, 'settlement');
  await field(page, 'Contract, account or request number').fill(requestNo);
  await page.keyboard.press('Enter');
  await page.getByRole('row').filter({ hasText: requestNo }).filter({ hasText: 'Debited' }).waitFor();
}

async function readReport(page: Page): Promise<void> {
  await goTo(page, 'Nights');
  await chooseGroup(page, 'settlement');
  await page.getByRole('row').getByRole('link').first().click();
  await page.getByText('Conservation').first().waitFor();
}

async function switchLanguageAndTheme(page: Page): Promise<void> {
  await button(page, /切换语言/).click();
  await page.locator('html[lang="zh-CN"]').waitFor();
  await page.getByRole('navigation').first().getByRole('link', { name: '今夜' }).waitFor();
  await button(page, '主题').click();
  await page.getByRole('menuitem', { name: '深色' }).click();
  await page.locator('html[data-theme="dark"]').waitFor();
  // Kept with the person, for every browser.
  await page.reload();
  await page.locator('html[lang="zh-CN"][data-theme="dark"]').waitFor();
}
