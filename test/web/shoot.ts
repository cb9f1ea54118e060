import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CHROMIUMS, findProgram } from '../run/find-program.ts';
import { launchBrowser, openPage, type View } from './browser.ts';
import { startFakeApi } from './fake-api.ts';
import { PLACES } from './places.ts';

/**
 * Pictures of every page in both themes and widths, to be looked at: `node test/web/shoot.ts FOLDER [name...] [--all]`.
 * Without --all: light at 1280 and dark at 390.
 */
const [folder = '/tmp/shots', ...rest] = process.argv.slice(2);
const names = rest.filter((name) => !name.startsWith('--'));
const pick = (flag: string) => rest.find((one) => one.startsWith(`--${flag}=`))?.split('=')[1];
const VIEWS: readonly View[] = rest.includes('--all')
  ? (['light', 'dark'] as const).flatMap((theme) =>
      [1280, 390].map((width) => ({ theme, width, language: 'en' as const })),
    )
  : [
      {
        theme: (pick('theme') as 'light' | undefined) ?? 'light',
        width: Number(pick('width') ?? 1280),
        language: (pick('lang') as 'en' | undefined) ?? 'en',
      },
    ];
const executable = findProgram(CHROMIUMS);
if (executable === null) throw new Error('there is no Chromium');
mkdirSync(folder, { recursive: true });
const fake = await startFakeApi({ folder: fileURLToPath(new URL('../../dist/scheduler/web', import.meta.url)) });
const browser = await launchBrowser(executable);
try {
  for (const view of VIEWS) {
    const { context, page, complaints } = await openPage(browser, view);
    for (const { name, path, before, wait } of PLACES) {
      if (names.length > 0 && !names.includes(name)) continue;
      Object.assign(fake.state, { isSetUp: true, isLoggedIn: true, mustChangePassword: false }, before ?? {});
      await page.goto(`${fake.url}#${path}`);
      await page.reload();
      await page
        .waitForSelector(wait ?? '.page', { timeout: 15_000 })
        .catch((error: unknown) => complaints.push(String(error)));
      await page.waitForTimeout(700);
      // The whole page, not only what the shell shows of it.
      const height = await page.evaluate<number>(
        `(document.querySelector('.shell-main')?.scrollHeight ?? document.documentElement.scrollHeight) + 60`,
      );
      await page.setViewportSize({
        width: view.width,
        height: Math.min(4_000, Math.max(view.width < 600 ? 844 : 800, height)),
      });
      await page.waitForTimeout(250);
      const wide = await page.evaluate<boolean>('document.documentElement.scrollWidth > window.innerWidth + 1');
      await page.screenshot({ path: `${folder}/${name}-${view.theme}-${view.width}-${view.language}.png` });
      await page.setViewportSize({ width: view.width, height: view.width < 600 ? 844 : 900 });
      process.stdout.write(
        `${name} ${view.theme} ${view.width}${wide ? ' WIDER THAN THE SCREEN' : ''} ${[...new Set(complaints.splice(0))].map((c) => c.slice(0, 300)).join('\n   ')}\n`,
      );
    }
    await context.close();
  }
} finally {
  await browser.close();
  await fake.close();
}
