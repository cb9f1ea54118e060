import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { button, choose, chooseGroup, field, goTo, logIn, saysWrong } from './by-hand.ts';
import { ODD_STRINGS } from './fake-night.ts';
import { isInert } from './front-desk.ts';
import { pictureViews } from './pictures.ts';

export const LIN = { name: 'lin', password: 'a bridge over the Huangpu' };
export const WANG = { name: 'wang', first: 'the first of two words', password: 'a ferry under the bridge' };

/** The first who comes: by the printed link, and from then on by name and password. */
export async function setUp(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await field(page, 'Name').waitFor();
  expect(await pictureViews(page, 'setup')).toEqual([]);
  await field(page, 'Name').fill('Lin Qiao');
  await field(page, 'Password').fill('short');
  await button(page, 'Make the administrator').click();
  await saysWrong(page, field(page, 'Name'), /letters/);
  await saysWrong(page, field(page, 'Password'), /12/);
  await field(page, 'Name').fill(LIN.name);
  await field(page, 'Password').fill(LIN.password);
  await button(page, 'Make the administrator').click();
  await page.getByText('Tonight').first().waitFor();
  await button(page, /Account of/).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await button(page, 'Log in').waitFor();
  expect(await pictureViews(page, 'login')).toEqual([]);
  await logIn(page, LIN);
  await page.getByRole('navigation').first().waitFor();
}

export async function startChain(page: Page, chain: string): Promise<void> {
  await goTo(page, 'Chains');
  await page.getByRole('link', { name: chain }).click();
  await button(page, /^Start/).click();
  await button(page.getByRole('dialog'), 'Start').click();
  await page.getByRole('heading', { level: 1 }).filter({ hasText: chain }).waitFor();
}

/** Nobody loads the page again: what it shows is what the stream tells it to read. */
export async function progressMovesToItsEnd(page: Page): Promise<void> {
  const done = async () => Number(await page.locator('.figure b').first().innerText());
  const before = await done();
  await expect.poll(done).toBeGreaterThan(before);
  expect(await pictureViews(page, 'tonight-at-work')).toEqual([]);
  await page.locator('.horizon-say').filter({ hasText: 'Done at' }).waitFor({ timeout: 120_000 });
  expect(await done()).toBe(80);
  expect(await page.locator('.legend').filter({ hasText: 'Not told yet' }).count()).toBe(0);
}

/** Whoever was given a password chooses one of their own. */
export async function firstLogIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await logIn(page, { name: WANG.name, password: WANG.first });
  await field(page, 'Password until now').waitFor();
  expect(await pictureViews(page, 'password')).toEqual([]);
  await field(page, 'Password until now').fill(WANG.first);
  await field(page, 'New password').fill(WANG.password);
  await field(page, 'New password again').fill(WANG.password);
  await button(page, 'Change the password').click();
  await page.getByRole('navigation').first().waitFor();
}

/** The first of what the night left to people; whoever asks for it may not decide it. */
export async function askToSettle(page: Page): Promise<string> {
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

export async function approve(page: Page, requestNo: string): Promise<void> {
  await goTo(page, 'Approvals');
  const asked = page.locator('.approval').filter({ hasText: requestNo });
  await asked.getByText(ODD_STRINGS.script).waitFor();
  await isInert(page);
  await button(asked, 'Approve').click();
  await field(page.getByRole('dialog'), 'Reason').fill('heard the same');
  await button(page.getByRole('dialog'), 'Approve').click();
  await asked.waitFor({ state: 'detached' });
}

export async function isSettled(page: Page, requestNo: string): Promise<void> {
  await goTo(page, 'Items');
  await chooseGroup(page, 'settlement');
  await field(page, 'Contract or request number').fill(requestNo);
  await page.keyboard.press('Enter');
  await page.getByRole('row').filter({ hasText: requestNo }).filter({ hasText: 'Debited' }).waitFor();
}

export async function readReport(page: Page): Promise<void> {
  await goTo(page, 'Nights');
  await chooseGroup(page, 'settlement');
  await page.getByRole('row').getByRole('link').first().click();
  await page.getByText('Conservation').first().waitFor();
}

export async function switchLanguageAndTheme(page: Page): Promise<void> {
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
