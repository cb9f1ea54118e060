import type { Page } from 'playwright-core';

const QUIET_MS = 60;

/** Follows an address within the page, without loading it again, and waits until `wait` is there and nothing is asked. */
export async function walkTo(page: Page, path: string, wait = '.page'): Promise<void> {
  // By way of a place that is none: what is waited for may stand on the place that is left, too.
  await page.evaluate('location.hash = "#/nowhere/at/all"');
  await page.locator('.page .empty a[href="#/"]').waitFor();
  await page.evaluate(`location.hash = ${JSON.stringify(`#${path}`)}`);
  await page.waitForSelector(wait);
  await asksNothing(page);
}

const asked = new WeakMap<Page, Set<unknown>>();

/** Counts what a page has asked for and not got yet, from its first request on. The stream has no end and is no question. */
export function countRequests(page: Page): void {
  const open = new Set<unknown>();
  asked.set(page, open);
  page.on('request', (request) => {
    if (request.resourceType() === 'fetch') open.add(request);
  });
  page.on('requestfinished', (request) => open.delete(request));
  page.on('requestfailed', (request) => open.delete(request));
}

/** Until every question has its answer and the answer is drawn. */
export async function asksNothing(page: Page): Promise<void> {
  const open = asked.get(page);
  if (open === undefined) throw new Error('countRequests() was not called for this page');
  for (let quietAtMs: number | null = null; ; ) {
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    if (open.size > 0) quietAtMs = null;
    else if (quietAtMs === null) quietAtMs = performance.now();
    else if (performance.now() - quietAtMs >= QUIET_MS) return;
  }
}
