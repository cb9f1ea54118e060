import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { violations } from './axe.ts';
import { button, choose, field, goTo, saysWrong } from './by-hand.ts';
import { ODD_STRINGS } from './fake-night.ts';
import { COUNTED } from './real-night.ts';
import { looksWrong } from './views.ts';

/** Makes a group and gives back the command with which an executor joins it. */
export async function makeGroup(page: Page, name: string): Promise<string> {
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

export async function makeJob(page: Page, job: { name: string; handler: string }): Promise<void> {
  await fillJob(page, job);
  await save(page, job.name);
}

/** Three shards, one of which its handler refuses, and a cron that is no cron at first. */
export async function makeJobWithWrongCron(page: Page): Promise<void> {
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

/** A job whose parameter has two fields; what is wrong with them is said where it stands, in its editor and at its start. */
export async function makeJobWithFields(page: Page): Promise<void> {
  await fillJob(page, { name: 'weigh-coins', handler: 'sweep-floor' });
  const fields = page.locator('.param-fields > fieldset');
  await button(page, 'Add a field').click();
  await field(fields.nth(0), 'Name of the field').fill('limit');
  await choose(page, fields.nth(0), 'Type of the value', 'Whole number');
  await field(fields.nth(0), 'Default').fill('few');
  await saysWrong(page, field(fields.nth(0), 'Default'), /"few" and must be a whole number/);
  await field(fields.nth(0), 'Default').fill('40');
  await button(page, 'Add a field').click();
  await field(fields.nth(1), 'Name of the field').fill('limit');
  await saysWrong(page, field(fields.nth(1), 'Name of the field'), /already/);
  await field(fields.nth(1), 'Name of the field').fill('till');
  await field(fields.nth(1), 'Required').click();
  await button(page, 'Move till up').click();
  expect([...(await violations(page, 'all', '.param-fields')), ...(await looksWrong(page))]).toEqual([]);
  await save(page, 'weigh-coins');
  await expect.poll(() => page.locator('.param-list code').allInnerTexts()).toEqual(['till', 'limit']);

  await button(page, 'Run now').click();
  const dialog = page.getByRole('dialog');
  const limit = field(dialog, 'limit');
  expect(await limit.inputValue()).toBe('40');
  await limit.fill('many');
  await button(dialog, 'Run now').click();
  await saysWrong(page, limit, /"many" and must be a whole number/);
  await limit.fill('12');
  await button(dialog, 'Dry run').click();
  await saysWrong(page, field(dialog, 'till (required)'), /is required/);
  await field(dialog, 'till (required)').fill('east');
  expect([...(await violations(page, 'all', '[role=dialog]')), ...(await looksWrong(page))]).toEqual([]);
  await button(dialog, 'As JSON text').click();
  expect(await field(dialog, 'Parameter').inputValue()).toBe('{"till":"east","limit":12}');
  await button(dialog, 'As fields').click();
  await button(dialog, 'Run now').click();
  await page.locator('pre.param').filter({ hasText: '{"till":"east","limit":12}' }).waitFor();

  await button(page, 'Run again').click();
  const again = page.getByRole('dialog');
  await expect.poll(() => field(again, 'till (required)').inputValue()).toBe('east');
  await field(again, 'limit').fill('none');
  await button(again, 'Run again').click();
  await saysWrong(page, field(again, 'limit'), /"none" and must be a whole number/);
  await button(again, 'Cancel').click();
}

/** A job that runs a script, and its first one: written where the job says that it has none, seen, and saved. */
export async function makeScriptJob(page: Page): Promise<void> {
  await goTo(page, 'Jobs');
  await page.getByRole('link', { name: 'New job' }).click();
  await field(page, 'Name').fill('polish-coins');
  await field(page, 'Group of executors').fill('front-desk');
  await choose(page, page, 'Type', 'GLUE_SHELL');
  await save(page, 'polish-coins');
  await button(page, 'Write the first script').click();
  const text = `#!/bin/sh\n# ${ODD_STRINGS.script} ${ODD_STRINGS.rightToLeft} ${ODD_STRINGS.control}\necho "$1 is polished"\n`;
  await field(page, 'Text of the script').fill(text);
  await button(page, 'See the changes and save').click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('tr.is').filter({ hasText: 'invoice‹U+202E›fdp.exe' }).waitFor();
  await field(dialog, 'What has changed').fill(ODD_STRINGS.image);
  expect([...(await violations(page, 'all', '[role=dialog]')), ...(await looksWrong(page))]).toEqual([]);
  await button(dialog, 'Save').click();
  await page.getByRole('heading', { name: 'Text of version 1' }).waitFor();
  await page.locator('.code-view').filter({ hasText: 'esc‹U+001B›[31mred' }).waitFor();
  await isInert(page);
}

export async function makeChain(page: Page, name: string, [first, then]: readonly [string, string]): Promise<void> {
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
export async function openLogOfFailedShard(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).getByText('closing-time').waitFor();
  await goTo(page, 'Runs');
  const row = page.getByRole('row').filter({ hasText: 'count-coins' }).filter({ hasText: 'Failed' });
  await row.getByRole('link').first().click();
  const shard = page.locator('.shard-row').filter({ hasText: 'Shard 1' });
  await shard.filter({ hasText: `the till is locked ${ODD_STRINGS.image}` }).waitFor();
  await isInert(page);
  await shard.getByRole('link', { name: 'Log' }).click();
  await page.locator('.log-line').filter({ hasText: ODD_STRINGS.script }).waitFor();
  await isInert(page);
  expect(await page.locator('.log-line').filter({ hasText: COUNTED }).count()).toBe(0);
}

/** What people and programs wrote is text here, and nothing else: no element, and no sign that moves its neighbours. */
export async function isInert(page: Page): Promise<void> {
  expect(await page.locator('#root script, #root img[src="x"]').count()).toBe(0);
  expect(await page.locator('body').innerText()).not.toMatch(CONTROLS);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000\u0007\u001b\u202e\u2028]/;
