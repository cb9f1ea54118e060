import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Where pictures go, for people to look at: DAYBREAK_TEST_ARTEFACTS, or a folder among the temporary files. */
export function artefactPath(name: string): string {
  const folder = process.env.DAYBREAK_TEST_ARTEFACTS || join(tmpdir(), 'daybreak-page');
  mkdirSync(folder, { recursive: true });
  return join(folder, name);
}

/** Closes what a test opened when it has ended, and keeps what its pages showed when it failed. */
export function closeAfterTest(context: BrowserContext): void {
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') for (const page of context.pages()) await keepPicture(page, task.name);
    await context.close();
  });
}

let pictures = 0;

async function keepPicture(page: Page, testName: string): Promise<void> {
  const name = testName.replaceAll(/[^\p{L}\d]+/gu, ' ').slice(0, 60);
  pictures += 1;
  const path = artefactPath(`failed, ${name}, ${process.pid}-${pictures}.png`);
  await page.screenshot({ path }).then(
    () => process.stdout.write(`kept ${path}, the page at ${page.url()}\n`),
    // The browser itself may be what failed.
    (error: unknown) => process.stdout.write(`no picture of the page at ${page.url()}: ${String(error)}\n`),
  );
}
