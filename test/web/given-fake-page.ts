import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { chromiumPath, pageFolder } from '../support/servers.ts';
import { launchBrowser } from './browser.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';

export interface GivenFakePage {
  readonly browser: Browser;
  readonly fake: FakeApi;
}

/** The built page in front of made-up data, and a browser, for all tests of a block; both are there once the first begins. */
export function givenFakePage(): GivenFakePage {
  let browser: Browser;
  let fake: FakeApi;
  beforeAll(async () => {
    fake = await startFakeApi({ folder: pageFolder() });
    browser = await launchBrowser(chromiumPath());
  });
  afterAll(async () => {
    await browser?.close();
    await fake?.close();
  });
  return {
    get browser() {
      return browser;
    },
    get fake() {
      return fake;
    },
  };
}
