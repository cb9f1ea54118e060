import type { Reply } from '../../scheduler/api/admin/contract/routes.ts';
import { firesOfText } from '../../scheduler/api/admin/handlers/next-fires.ts';
import { describeCron as inWords, transitionsBetween, tryParseCron } from '../../shared/cron/cron.ts';

const YEAR_MS = 366 * 86_400_000;

/** The same answer as the real route, from the same parts. */
export function describeCron(
  text: string,
  dialect: 'quartz' | 'unix',
  zone: string,
  nowMs: number,
): Reply<'GET /cron/preview'> {
  const reading = tryParseCron(text, { dialect });
  if (reading.kind === 'refused') {
    const { message, column } = reading.problem;
    return { problem: { path: 'text', message, column }, text: null, items: [], clockChanges: [] };
  }
  return {
    problem: null,
    text: { en: inWords(reading.expression, 'en'), zh: inWords(reading.expression, 'zh') },
    items: firesOfText(text, dialect, zone, nowMs, 10),
    clockChanges: [...transitionsBetween(zone, nowMs, nowMs + YEAR_MS)],
  };
}
