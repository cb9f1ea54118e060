import type { Locator, Page } from 'playwright-core';

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
