import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Executor } from '../../executor/index.ts';
import { chromiumPath, describeWith } from '../support/servers.ts';
import { closeAfterTest } from './artefacts.ts';
import { launchBrowser, openPage } from './browser.ts';
import { logIn } from './by-hand.ts';
import { fillDialogs } from './dialogs.ts';
import { findIds } from './find-ids.ts';
import {
  makeChain,
  makeGroup,
  makeJob,
  makeJobWithFields,
  makeJobWithWrongCron,
  makeScriptJob,
  openLogOfFailedShard,
} from './front-desk.ts';
import { workWithoutMouse } from './keyboard.ts';
import {
  approve,
  askToSettle,
  firstLogIn,
  isSettled,
  LIN,
  progressMovesToItsEnd,
  readReport,
  setUp,
  startChain,
  switchLanguageAndTheme,
} from './night-steps.ts';
import { picturePlaces } from './pictures.ts';
import { type RealScheduler, startOwnExecutor, startRealScheduler } from './real-night.ts';

/**
 * A browser tells of every answer that is no 200, of a scheduler that restarts, and of a group that has no items; an
 * editor, that an address which somebody types passes it by.
 */
const EXPECTED = /^Failed to load resource|use a blocker on a POP navigation/;

/**
 * One scheduler for all, which takes ten seconds to start and whose nights take their time: each test goes on with what
 * those before have left, and other things are done while a night waits for its cut-off.
 */
describeWith(['Chromium', 'built page'], 'a night on the page', () => {
  let browser: Browser;
  let real: RealScheduler;
  let executor: (Executor & AsyncDisposable) | undefined;
  const complaints: string[][] = [];
  beforeAll(async () => {
    [browser, real] = await Promise.all([launchBrowser(chromiumPath()), startRealScheduler('moderate')]);
  });
  afterEach(() => {
    expect(complaints.splice(0).flatMap((lines) => lines.filter((line) => !EXPECTED.test(line)))).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await executor?.[Symbol.asyncDispose]();
    await real?.stop();
  });

  /** Somebody at a browser of their own. */
  const person = async (): Promise<Page> => {
    const opened = await openPage(browser, { theme: 'light', width: 1280, language: 'en' });
    closeAfterTest(opened.context);
    complaints.push(opened.complaints);
    return opened.page;
  };
  const lin = async (): Promise<Page> => {
    const page = await person();
    await page.goto(real.url);
    await logIn(page, LIN);
    await page.getByRole('navigation').first().waitFor();
    return page;
  };

  test('is set up by whoever has the link, and watched to its end', async () => {
    const page = await person();
    await setUp(page, real.setupLink);
    await startChain(page, 'nightly-settlement');
    await progressMovesToItsEnd(page);
  });

  test('an executor joins, a wrong cron is put right, and the log of a failed shard is three clicks away', async () => {
    const page = await lin();
    const command = await makeGroup(page, 'front-desk');
    executor = await startOwnExecutor('front-desk', command);
    await makeJobWithWrongCron(page);
    await makeJob(page, { name: 'sweep-floor', handler: 'sweep-floor' });
    await makeJobWithFields(page);
    await makeScriptJob(page);
    await makeChain(page, 'closing-time', ['count-coins', 'sweep-floor']);
    await startChain(page, 'closing-time');
    await openLogOfFailedShard(page);
  });

  test('what somebody fills in wrong is said at its field, and what they make is in its list and in the audit log', async () => {
    await real.startAgain('unsettled');
    const page = await lin();
    await startChain(page, 'nightly-settlement');
    await fillDialogs(page);
  });

  test('somebody without a mouse logs in, runs a job and reads its log, and always sees where they are', async () => {
    await workWithoutMouse(await person(), real.url);
  });

  test('what it leaves to people is decided by two of them, and its report is read', async () => {
    const page = await lin();
    const second = await person();
    await firstLogIn(second, real.url);
    const requestNo = await askToSettle(page);
    await approve(second, requestNo);
    await isSettled(page, requestNo);
    await readReport(page);
  });

  test('every place fits its screen, has words for all, and is kept as a picture', async () => {
    const page = await lin();
    const ids = await findIds(page, await askToSettle(page));
    expect(await picturePlaces(page, ids)).toEqual([]);
  });

  test('language and theme are kept with the person', async () => {
    await switchLanguageAndTheme(await lin());
  });
});
