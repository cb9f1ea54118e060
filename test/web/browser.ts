import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { countRequests } from './walk.ts';

export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface View {
  readonly width: 1280 | 390;
  readonly theme: 'light' | 'dark';
  readonly language: 'en' | 'zh';
}

export const screenOf = (width: View['width']) => ({ width, height: width === 390 ? 844 : 900 });

/** A page as somebody with these preferences sees it, and what it complained of. */
export async function openPage(
  browser: Browser,
  view: View,
): Promise<{ readonly context: BrowserContext; readonly page: Page; readonly complaints: string[] }> {
  const context = await browser.newContext({
    viewport: screenOf(view.width),
    colorScheme: view.theme,
    reducedMotion: 'reduce',
    locale: view.language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
  });
  // A machine that has more to do than this test is slow, and nothing is won by giving up early.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  countRequests(page);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog opened: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { context, page, complaints };
}
