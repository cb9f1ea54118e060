import type { Browser, Page } from 'playwright-core';
import { openPage } from '../web/browser.ts';
import type { BigWorld } from './big-world.ts';

/** What somebody does with a big run and its log, how long it took, and how long the page did not answer meanwhile. */
export type BigSteps = readonly {
  readonly what: string;
  readonly ms: number;
  readonly longestMs: number;
  readonly heapMb: number;
}[];

const WATCH = `window.longTasks = []; new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.longTasks.push(duration);
}).observe({ type: 'longtask', buffered: true });`;
const TRIES = 1_200;
/** Numbers of the lines that are drawn. */
const DRAWN = `[...document.querySelectorAll('.log-line .no')].map(({ textContent }) => Number(textContent))`;

export async function lookAtBig(
  browser: Browser,
  world: Pick<BigWorld, 'url' | 'cookie'>,
  { runId, logId }: { readonly runId: number; readonly logId: number },
): Promise<BigSteps> {
  const { page, context, complaints } = await openPage(browser, { width: 1280, theme: 'light', language: 'en' });
  const [name = '', value = ''] = world.cookie.split('=');
  await context.addCookies([{ name, value, url: world.url }]);
  await page.addInitScript(WATCH);
  const session = await context.newCDPSession(page);
  const steps: BigSteps[number][] = [];
  const step = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    await page.evaluate('window.longTasks?.splice(0)');
    const startedMs = performance.now();
    await act();
    const ms = performance.now() - startedMs;
    // What the act has set off still counts.
    await page.waitForTimeout(500);
    const longestMs = await page.evaluate<number>('Math.max(0, ...window.longTasks)');
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    steps.push({ what, ms, longestMs, heapMb: usedSize / 1e6 });
  };
  const drawn = () => page.evaluate<number[]>(DRAWN);
  const until = (text: string) => untilTrue(page, text);

  await step('the run is opened', async () => {
    await page.goto(`${world.url}#/runs/${runId}`);
    await until(`document.querySelectorAll('svg[role=img] rect').length >= 1000`);
  });
  await step('its shards are scrolled through', () => scroll(page, '.shard-scroll', 3_000));
  await step('all of its timeline is shown', async () => {
    await page.locator('.panel:has(.timeline) input[type=checkbox]').check();
    await until(`Number(document.querySelector('.timeline li')?.getAttribute('aria-setsize')) >= 900`);
  });
  await step('the log is opened', async () => {
    await page.goto(`${world.url}#/logs/${logId}`);
    await until(`${DRAWN}.length > 0`);
  });
  const end = Math.max(...(await drawn()));
  await step('its end is followed', () => until(`Math.max(...${DRAWN}) > ${end + 10}`));
  await step('it is scrolled up', () => scroll(page, '.log-scroll', -2_000));
  await step('it is gone to its start', async () => {
    await page.getByRole('button', { name: 'To the start' }).click();
    await until(`Math.min(...${DRAWN}) === 1`);
  });
  await step('it is scrolled down', () => scroll(page, '.log-scroll', 20_000));
  await step('a text at its end is searched', async () => {
    await page.getByPlaceholder('Search the whole log').fill('the end of the beginning');
    await page.keyboard.press('Enter');
    await until(`document.querySelectorAll('.log-hits .hits button').length > 0`);
  });
  await step('the hit is gone to', async () => {
    await page.locator('.log-hits .hits button').first().click();
    await until(`document.querySelector('.log-line.is-found') !== null`);
  });
  await context.close();
  if (complaints.length > 0) throw new Error(`the page complains: ${complaints.join('; ')}`);
  return steps;
}

/** Polled from here: the page's policy lets nothing be evaluated in it that comes as text. */
async function untilTrue(page: Page, text: string): Promise<void> {
  for (let n = 0; n < TRIES; n++) {
    if (await page.evaluate<boolean>(text)) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`never came true on the page: ${text}`);
}

async function scroll(page: Page, box: string, by: number): Promise<void> {
  for (let n = 0; n < 40; n++) {
    await page.evaluate(`document.querySelector('${box}').scrollTop += ${by}`);
    await page.waitForTimeout(30);
  }
}
