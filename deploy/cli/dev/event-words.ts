import { inert } from '../screen/table.ts';
import type { Style } from '../screen/terminal.ts';
import { duration } from '../screen/words.ts';
import type { DevEvent } from './dev-events.ts';

/** An event for people: a word that stands in a column of its own, and what it is about. */
export interface EventLine {
  readonly word: string;
  readonly text: string;
  readonly style: Style;
}

const EXECUTOR_WORDS = {
  executor_joined: ['joined', 'green'],
  executor_back: ['back', 'green'],
  executor_silent: ['silent', 'yellow'],
  executor_left: ['left', 'dim'],
  executor_gone: ['gone', 'red'],
} as const satisfies Record<string, readonly [string, Style]>;

/** As much as is read in a terminal; all of it is in the page, and with --json. */
const RESULT_CHARS_MAX = 1_000;

/** @param result What a run came to, when it is known. */
export function eventLine(event: DevEvent, result: unknown = null): EventLine {
  switch (event.event) {
    case 'executor_joined':
    case 'executor_back':
    case 'executor_silent':
    case 'executor_left':
    case 'executor_gone': {
      const [word, style] = EXECUTOR_WORDS[event.event];
      return { word, style, text: inert(`executor ${event.group} at ${event.address}`) };
    }
    case 'fired':
      return { word: 'fired', style: 'cyan', text: `${event.job} for ${event.businessDate} (run ${event.runId})` };
    case 'chain_fired':
      return {
        word: 'fired',
        style: 'cyan',
        text: `chain ${event.chain} for ${event.businessDate} (chain run ${event.chainRunId})`,
      };
    case 'run_waits':
      return {
        word: 'waits',
        style: 'yellow',
        text: `${event.job} (run ${event.runId}): no executor "${event.group}" is there`,
      };
    case 'run_ended':
      return {
        word: event.state,
        style: event.state === 'succeeded' ? 'green' : 'red',
        text: `${event.job} (run ${event.runId}) in ${duration(event.tookMs)}${outcome(event.reason, result)}`,
      };
    case 'chain_ended':
      return {
        word: event.state,
        style: event.state === 'succeeded' ? 'green' : 'red',
        text: `chain ${event.chain} (chain run ${event.chainRunId}) in ${duration(event.tookMs)}${outcome(event.reason, null)}`,
      };
    case 'alarm':
      return { word: 'ALARM', style: 'red', text: inert(`${event.kind} (${event.severity}): ${event.message}`) };
  }
}

function outcome(reason: string | null, result: unknown): string {
  const text = reason ?? (result === null || result === undefined ? '' : JSON.stringify(result));
  if (text === '') return '';
  if (text.length <= RESULT_CHARS_MAX) return `: ${inert(text)}`;
  return `: ${inert(text.slice(0, RESULT_CHARS_MAX))}... (${text.length} characters; the page shows all of them)`;
}
