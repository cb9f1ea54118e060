import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumPath, describeWith } from '../support/servers.ts';
import { artefactPath, closeAfterTest } from './artefacts.ts';
import { launchBrowser, openPage } from './browser.ts';
import { button, choose, field, saysWrong } from './by-hand.ts';
import { saysInEnglish } from './english-left.ts';
import { LIN } from './night-steps.ts';
import { type RealScheduler, startRealScheduler } from './real-night.ts';
import { asksNothing } from './walk.ts';

/** antd draws two characters apart. */
const press = (within: Page | Locator, words: string) =>
  button(within, new RegExp(`^${[...words].join(' ?')}$`)).click();
const WHY = 'the till is locked';

/** What the scheduler words in English and a Chinese browser shows, from the very scheduler that says it. */
describeWith(['Chromium', 'built page'], 'a Chinese page', () => {
  let browser: Browser;
  let real: RealScheduler;
  beforeAll(async () => {
    [browser, real] = await Promise.all([launchBrowser(chromiumPath()), startRealScheduler('moderate')]);
  });
  afterAll(async () => {
    await browser?.close();
    await real?.stop();
  });

  test('refuses, waits, forecasts and ends in Chinese, whatever the scheduler has said', async () => {
    const { context, page } = await openPage(browser, { theme: 'light', width: 1280, language: 'zh' });
    closeAfterTest(context);
    const english: string[] = [];
    const look = async (name: string) => {
      await asksNothing(page);
      english.push(...(await saysInEnglish(page, [WHY])));
      await page.screenshot({ path: artefactPath(`chinese-${name}.png`) });
    };

    await page.goto(real.setupLink);
    await field(page, '名称').fill('?');
    await field(page, '密码').fill('aaaaaaaaaaaa');
    await press(page, '创建管理员');
    await saysWrong(page, field(page, '名称'), /须为 1 至 64 个字母/);
    await look('set-up');
    await field(page, '名称').fill(LIN.name);
    await press(page, '创建管理员');
    await saysWrong(page, field(page, '密码'), /至少须有 5 个不同的字符/);
    await field(page, '密码').fill(LIN.password);
    await press(page, '创建管理员');
    await button(page, /lin 的账户/).click();
    await page.getByRole('menuitem', { name: '退出登录' }).click();
    await field(page, '名称').fill(LIN.name);
    await field(page, '密码').fill('wrong');
    await press(page, '登录');
    await page.getByRole('alert').getByText('无法进入：名称或密码错误，或尝试次数过多：请稍候再试').waitFor();
    await look('log-in');
    await field(page, '密码').fill(LIN.password);
    await press(page, '登录');
    await page.getByRole('navigation').first().waitFor();

    await page.goto(`${real.url}#/jobs/new`);
    await field(page, '名称').fill('a job');
    await field(page, '执行器组').fill('nobody');
    await field(page, '处理器').fill('count');
    await field(page, '参数').fill('{nowhere}');
    await choose(page, page, '触发方式', '按 Cron');
    await field(page, 'Cron 表达式').fill('0 60 3 * * ?');
    await saysWrong(page, field(page, '名称'), /须为 1 至 64 个字母/);
    await saysWrong(page, field(page, '参数'), /没有这个名称，可用的有/);
    await page.locator('.field .wrong').filter({ hasText: '分字段，第 3 列：60 不在 0 至 59 之间' }).waitFor();
    await look('editor');
    await field(page, '名称').fill('count');
    await field(page, '参数').fill('');
    await field(page, 'Cron 表达式').fill('0 0 3 1 1 ? 2099');
    await press(page, '保存');
    await page.getByRole('heading', { level: 1 }).filter({ hasText: 'count' }).waitFor();

    await press(page, '立即运行');
    await press(page.getByRole('dialog'), '试运行');
    await page.getByText('组“nobody”没有存活的执行器').waitFor();
    await look('forecast');
    await press(page.getByRole('dialog'), '立即运行');
    await page.getByText('组“nobody”没有存活的执行器').first().waitFor();
    await look('waits');
    await press(page, '终止');
    await field(page.getByRole('dialog'), '原因').fill(WHY);
    await press(page.getByRole('dialog'), '终止');
    await page.getByText(`被 lin 终止：${WHY}`).first().waitFor();
    await look('killed');
    expect(english).toEqual([]);
  });
});
