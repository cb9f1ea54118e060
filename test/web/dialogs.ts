import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { violations } from './axe.ts';
import { button, choose, field, goTo, saysWrong, turnTo } from './by-hand.ts';
import { WANG } from './night-steps.ts';
import { looksWrong } from './views.ts';

/**
 * Opens the dialogs that no other step needs, fills them in wrong and is told at the field, puts it right and finds what
 * came of it. The audit log has at the end what was done, each once: what was filled in wrong did nothing.
 */
export async function fillDialogs(page: Page): Promise<void> {
  await goTo(page, 'Alarms');
  await makeChannel(page);
  await makeRule(page);
  await goTo(page, 'Users and keys');
  await makeUser(page);
  await makeKey(page);
  await goTo(page, 'Holds and backfills');
  await makeBackfill(page);
  await makeHold(page);
  await makeCalendar(page);
  await goTo(page, 'Audit');
  for (const action of ['alarm-channel.create', 'alarm-rule.create', 'user.create', 'key.create', 'backfill', 'hold']) {
    await isRecorded(page, action, 1);
  }
  await isRecorded(page, 'calendar.save', 2);
}

async function makeChannel(page: Page): Promise<void> {
  await turnTo(page, 'Channels');
  const dialog = await opens(page, 'New channel');
  await field(dialog, 'Name').fill('night-desk');
  await choose(page, dialog, 'Kind', 'Webhook');
  await field(dialog, 'Address').fill('ftp://chat.example/hook');
  await button(dialog, 'Save').click();
  await saysWrong(page, field(dialog, 'Address'), /https/);
  await field(dialog, 'Address').fill('https://chat.example/hook');
  await button(dialog, 'Save').click();
  await isListed(page, dialog, 'night-desk');
}

async function makeRule(page: Page): Promise<void> {
  await turnTo(page, 'Rules');
  const dialog = await opens(page, 'New rule');
  await field(dialog, 'Name').fill('tell-desk');
  await choose(page, dialog, 'Channels', 'night-desk');
  // Of a list in which several can be chosen Escape leaves the dialog where it is.
  await page.keyboard.press('Escape');
  const after = field(dialog, 'Not before it stood for');
  await after.fill('soon');
  await saysWrong(page, after, /90s/);
  expect(await button(dialog, 'Save').isDisabled()).toBe(true);
  await after.fill('5m');
  await button(dialog, 'Save').click();
  await isListed(page, dialog, 'tell-desk');
}

async function makeUser(page: Page): Promise<void> {
  const dialog = await opens(page, 'New user');
  await field(dialog, 'Name').fill(WANG.name);
  await field(dialog, 'First password').fill('short');
  await button(dialog, 'Save').click();
  await saysWrong(page, field(dialog, 'First password'), /12/);
  await field(dialog, 'First password').fill(`${WANG.name} ${WANG.name} ${WANG.name}`);
  await choose(page, dialog, 'Add a group', 'settlement');
  await dialog.getByRole('checkbox', { name: 'approve' }).check();
  await button(dialog, 'Save').click();
  await saysWrong(page, field(dialog, 'First password'), /name/);
  await field(dialog, 'First password').fill(WANG.first);
  await button(dialog, 'Save').click();
  await isListed(page, dialog, WANG.name);
}

async function makeKey(page: Page): Promise<void> {
  await turnTo(page, 'API keys');
  const dialog = await opens(page, 'New key');
  await field(dialog, 'Name').fill('rota');
  await pickDay(page, field(dialog, 'Good until'), '2020-01-01');
  await button(dialog, 'Make the key').click();
  await saysWrong(page, field(dialog, 'Good until'), /past/);
  await pickDay(page, field(dialog, 'Good until'), '2099-12-31');
  await button(dialog, 'Make the key').click();
  const made = page.getByRole('dialog', { name: 'Key rota' });
  await made.locator('code').waitFor();
  await page.keyboard.press('Escape');
  await isListed(page, made, 'rota');
}

async function makeBackfill(page: Page): Promise<void> {
  const dialog = await opens(page, 'New backfill');
  await choose(page, dialog, 'What', 'Job');
  await choose(page, dialog, 'Name', 'sweep-floor');
  const from = dialog.getByLabel('Business dates').first();
  const pickDays = async (first: string, last: string) => {
    await pickDay(page, from, first);
    await pickDay(page, dialog.getByPlaceholder('End date'), last);
  };
  await pickDays('2000-01-01', '2026-11-02');
  await button(dialog, 'Start').click();
  await saysWrong(page, from, /too many/);
  await pickDays('2026-11-01', '2026-11-02');
  await button(dialog, 'Start').click();
  await isListed(page, dialog, 'sweep-floor');
}

async function makeHold(page: Page): Promise<void> {
  const dialog = await opens(page, 'Hold');
  await choose(page, dialog, 'Name', 'count-coins');
  await field(dialog, 'Reason').fill('the till is locked. '.repeat(11));
  await button(dialog, 'Hold').click();
  await saysWrong(page, field(dialog, 'Reason'), /200/);
  await field(dialog, 'Reason').fill('the till is locked');
  await button(dialog, 'Hold').click();
  await isListed(page, dialog, 'the till is locked');
}

/** No dialog, but a form that comes up in the page. */
async function makeCalendar(page: Page): Promise<void> {
  await goTo(page, 'Calendars');
  await button(page, 'New calendar').click();
  const form = page.locator('.shell-main');
  await field(form, 'Name of the calendar').fill('bank days');
  await button(form, 'Save').click();
  await saysWrong(page, field(form, 'Name of the calendar'), /letters/);
  await field(form, 'Name of the calendar').fill('bank-days');
  await button(form, 'Save').click();
  const holidays = field(form, 'Holidays, one in each line');
  await holidays.fill('2026-02-30');
  await button(form, 'Save').click();
  await saysWrong(page, holidays, /2026-02-30/);
  await holidays.fill('2026-12-25');
  await button(form, 'Save').click();
  await form.getByText('Version 2').waitFor();
}

/** Opens it by the button of its name; nobody is kept out of it, and all of it has words. */
async function opens(page: Page, name: string): Promise<Locator> {
  await button(page, name).click();
  const dialog = page.getByRole('dialog', { name, exact: true });
  await dialog.waitFor();
  expect([...(await violations(page, 'all', '[role=dialog]')), ...(await looksWrong(page))], name).toEqual([]);
  return dialog;
}

async function isListed(page: Page, dialog: Locator, text: string): Promise<void> {
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('row').filter({ hasText: text }).first().waitFor();
}

async function pickDay(page: Page, input: Locator, day: string): Promise<void> {
  await input.click();
  await input.fill(day);
  await page.keyboard.press('Enter');
}

async function isRecorded(page: Page, action: string, times: number): Promise<void> {
  const rows = page.getByRole('row').filter({ hasText: new RegExp(`^${action}\\s*#`) });
  await expect.poll(() => rows.filter({ hasText: 'Done' }).count(), { message: action }).toBe(times);
  expect(await rows.count(), action).toBe(times);
}
