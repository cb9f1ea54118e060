import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** What a person does with the page: by the words that stand on it, as those who hear it find their way as well. */
export const button = (within: Page | Locator, name: string | RegExp) =>
  within.getByRole('button', { name, exact: true });
export const field = (within: Page | Locator, name: string) => within.getByLabel(name, { exact: true });
export const goTo = (page: Page, place: string) =>
  page.getByRole('navigation').first().getByRole('link', { name: place }).click();
/** One of a few, side by side; what can be clicked of it is not the radio button that is heard. */
export const turnTo = (page: Page, tab: string) => page.locator('.ant-segmented-item').filter({ hasText: tab }).click();

/** Chooses in one of antd's selects, whose options are drawn elsewhere in the page. */
export async function choose(
  page: Page,
  within: Page | Locator,
  label: string,
  option: string | RegExp,
): Promise<void> {
  await within.getByRole('combobox', { name: label, exact: true }).click();
  await page
    .locator('.ant-select-dropdown:visible .ant-select-item-option')
    .filter({ hasText: option })
    .first()
    .click();
}

/** Filters stand in the address. */
export async function chooseGroup(page: Page, group: string): Promise<void> {
  await choose(page, page, 'Group', group);
  await page.waitForURL((url) => url.hash.includes(`group=${group}`));
}

export async function logIn(page: Page, { name, password }: { name: string; password: string }): Promise<void> {
  await field(page, 'Name').fill(name);
  await field(page, 'Password').fill(password);
  await button(page, 'Log in').click();
}

/** It stands with its field, so that those who hear the page are told at the same place as those who see it. */
export async function saysWrong(page: Page, input: Locator, what: RegExp): Promise<void> {
  const said = async () => {
    const ids = (await input.getAttribute('aria-describedby'))?.split(' ') ?? [];
    const texts = await Promise.all(ids.map((id) => page.locator(`.wrong[id=${JSON.stringify(id)}]`).allInnerTexts()));
    return texts.flat().join(' ');
  };
  await expect.poll(said).toMatch(what);
}
