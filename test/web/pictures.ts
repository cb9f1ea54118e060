import type { Page } from 'playwright-core';
import { artefactPath } from './artefacts.ts';
import { violations } from './axe.ts';
import { screenOf, type View } from './browser.ts';
import { saysInEnglish } from './english-left.ts';
import { type Ids, PLACES } from './places.ts';
import { SAID } from './real-night.ts';
import { FIRST_VIEW, isEveryView, looksWrong, show, viewsToShow } from './views.ts';
import { asksNothing, walkTo } from './walk.ts';

/** Keeps pictures of every place that is there for whoever is in, and gives what is wrong with them. */
export async function picturePlaces(page: Page, ids: Ids): Promise<string[]> {
  const wrong: string[] = [];
  for (const { name, path, wait = '.page' } of PLACES.filter(({ before }) => before === undefined)) {
    // A list of which a night leaves nothing says so.
    await walkTo(page, path(ids), `${wait}, .shell-main .empty`);
    wrong.push(...(await pictureViews(page, name)));
  }
  return wrong;
}

/** Keeps pictures of what is open, one for each view, and leaves it as it is in the first. */
export async function pictureViews(page: Page, name: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const view of viewsToShow()) {
    await show(page, view);
    const found = [
      ...(await looksWrong(page)),
      ...(await saysInEnglish(page, SAID)),
      ...(isEveryView() ? await violations(page, 'all', 'html') : []),
    ];
    wrong.push(...found.map((line) => `${nameOf(name, view)}: ${line}`));
    await keepPicture(page, nameOf(name, view), view);
  }
  await show(page, FIRST_VIEW);
  return wrong;
}

const nameOf = (name: string, { theme, width, language }: View): string => `${name}-${theme}-${width}-${language}`;

const HEIGHT_MAX = 4_000;

/** All of the place, not only what the screen has of it: it scrolls within itself. */
async function keepPicture(page: Page, name: string, { width }: View): Promise<void> {
  const { height } = screenOf(width);
  const below = await page.evaluate<number>(
    `Math.max(0, ...[...document.querySelectorAll('.shell-main')].map((box) => box.scrollHeight - box.clientHeight))`,
  );
  if (below > 0) {
    await page.setViewportSize({ width, height: Math.min(HEIGHT_MAX, height + below) });
    await asksNothing(page);
  }
  await page.screenshot({ path: artefactPath(`${name}.png`) });
}
