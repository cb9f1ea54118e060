import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { focused, pressAt, tabTo } from './by-keyboard.ts';
import { LIN } from './night-steps.ts';
import { SWEPT } from './real-night.ts';

const MENU = [
  'Tonight',
  'Jobs',
  'Chains',
  'Runs',
  'Items',
  'Executors',
  'Nights',
  'Alarms',
  'Approvals',
  'Holds and backfills',
  'Calendars',
  'Run report',
  'Users and keys',
  'Audit',
];

/** From the door to the log of a run, with nothing but keys. */
export async function workWithoutMouse(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await entersByKeys(page);
  await menuIsReached(page);
  await skipsTheMenu(page);
  await runsJob(page);
  await readsLog(page);
  await choosesTheme(page);
}

async function entersByKeys(page: Page): Promise<void> {
  await page.locator('.door form').waitFor();
  // Where one begins, the keyboard is already.
  await expect.poll(async () => (await focused(page)).name).toBe('Name');
  await page.keyboard.type(LIN.name);
  await page.keyboard.press('Tab');
  await page.keyboard.type(LIN.password);
  await page.keyboard.press('Enter');
  await page.getByRole('navigation').first().waitFor();
}

/** The first that one comes to leads past the menu, and then every place of it follows. */
async function menuIsReached(page: Page): Promise<void> {
  const passed = await tabTo(page, /^Audit/);
  expect(passed[0]).toBe('Skip to the page');
  // A count stands behind some of them.
  expect(passed.slice(2).map((name) => name.replace(/[\d+]+$/, ''))).toEqual(MENU);
}

async function skipsTheMenu(page: Page): Promise<void> {
  await pressAt(page, 'Jobs', 'Shift+Tab');
  await page.getByRole('link', { name: 'sweep-floor' }).waitFor();
  await pressAt(page, 'Skip to the page', 'Shift+Tab');
  const passed = await tabTo(page, 'sweep-floor');
  expect(passed).not.toContain('Calendars');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1 }).filter({ hasText: 'sweep-floor' }).waitFor();
}

/** Escape ends a dialog, and the keyboard is where it was before. */
async function runsJob(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog');
  await pressAt(page, 'Run now');
  await dialog.waitFor();
  await expect.poll(async () => (await focused(page)).isInDialog).toBe(true);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await expect.poll(async () => (await focused(page)).name).toBe('Run now');
  await page.keyboard.press('Enter');
  await dialog.waitFor();
  await expect.poll(async () => (await focused(page)).isInDialog).toBe(true);
  // What lies behind a dialog is not reached as long as it is open.
  const passed = await tabTo(page, 'Run now');
  expect(passed).not.toContain('Jobs');
  await page.keyboard.press('Enter');
  await page.waitForURL(/#\/runs\/\d+$/);
}

async function readsLog(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Log', exact: true }).waitFor();
  await pressAt(page, 'Log');
  await page.locator('.log-line').filter({ hasText: SWEPT }).waitFor();
  // What scrolls can be scrolled.
  await tabTo(page, /^Log of attempt/);
}

async function choosesTheme(page: Page): Promise<void> {
  const menu = page.getByRole('menuitem', { name: 'Dark' });
  const isBack = async () => {
    await menu.waitFor({ state: 'hidden' });
    await expect.poll(async () => (await focused(page)).name).toBe('Theme');
  };
  const choose = async (theme: string) => {
    await page.keyboard.press('Enter');
    await menu.waitFor();
    // The menu has the keyboard a moment after it is seen; behind its last item comes its first.
    const oneDown = async () => {
      const { name } = await focused(page);
      if (name !== theme) await page.keyboard.press('ArrowDown');
      return name;
    };
    await expect.poll(oneDown, { interval: 100 }).toBe(theme);
    await page.keyboard.press('Enter');
    await isBack();
  };
  await pressAt(page, 'Theme', 'Shift+Tab');
  await menu.waitFor();
  await page.keyboard.press('Escape');
  await isBack();
  await choose('Dark');
  await page.locator('html[data-theme="dark"]').waitFor();
  await choose('As the system');
  await page.locator('html[data-theme="light"]').waitFor();
}
