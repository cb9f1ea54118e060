import { buildPage, isPageInstalled, pageState, type Tell } from '../../../scheduler/web/build.ts';
import { messageOf } from '../../../shared/errors.ts';
import { pageFolder } from '../admin/admin-settings.ts';

/**
 * Builds the page beside the scheduler when it is missing or older than its source, and says so; nothing waits for it.
 * Its packages are a person's to install: some 230 MB that nobody needs who only runs executors.
 */
export async function refreshPage(tell: Tell): Promise<void> {
  const folder = pageFolder();
  const state = pageState(folder);
  if (state === 'fresh' || state === 'no_sources') return;
  if (!isPageInstalled()) {
    const how = 'npm ci --prefix scheduler/web (some 230 MB), and start again';
    tell(state === 'missing' ? `page: not built yet; for the browser: ${how}` : `page: older than its source: ${how}`);
    return;
  }
  try {
    await buildPage(folder, tell);
  } catch (error) {
    tell(`page: could not be built, the API works without it: ${messageOf(error)}`);
  }
}
