import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const AXE = fileURLToPath(new URL('../../scheduler/web/node_modules/axe-core/axe.min.js', import.meta.url));

/** Colours are what a theme changes, and structure what a language does: each half costs half of the whole. */
export type Rules = 'all' | 'colours' | 'structure';

const RULES: Readonly<Record<Rules, object>> = {
  all: {},
  colours: { runOnly: ['color-contrast'] },
  structure: { rules: { 'color-contrast': { enabled: false } } },
};

/** What axe says against `within` (a selector), a line for each place. */
export async function violations(page: Page, rules: Rules, within: string): Promise<string[]> {
  const has = await page.evaluate<boolean>('typeof axe !== "undefined"');
  // The policy lets no script in but files; this one comes by the browser's own door.
  if (!has) await page.evaluate(readFileSync(AXE, 'utf8'));
  const options = JSON.stringify({ resultTypes: ['violations'], ...RULES[rules] });
  return page.evaluate<string[]>(`axe.run(${JSON.stringify(within)}, ${options}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, any }) => id + ' ' + target.join(' ') + ' ' + (any[0]?.message ?? ''))))`);
}
