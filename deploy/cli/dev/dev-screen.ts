import type { Scheduler } from '../../../scheduler/scheduler.ts';
import { inert } from '../screen/table.ts';
import type { Style, Terminal } from '../screen/terminal.ts';
import type { DevEvent } from './dev-events.ts';
import type { DevOptions } from './dev-options.ts';
import { eventLine } from './event-words.ts';

/** What `daybreak dev` shows: lines for people, or with --json one object per line on standard output. */
export interface DevScreen {
  up(what: {
    readonly url: string;
    readonly store: string;
    readonly log: string;
    readonly nextFire: string | null;
    /** Left open by the start before, which was stopped or killed. */
    readonly openChainRuns: number;
    readonly openRuns: number;
  }): void;
  /** Nobody can log in yet. */
  setup(url: string): void;
  /** How far the page in the browser is. */
  page(text: string): void;
  token(issued: { token: string; command: string }): void;
  jobs(loaded: { jobs: number; chains: number }): void;
  jobsRefused(why: string): void;
  tell(event: DevEvent, scheduler: Pick<Scheduler, 'run'>): Promise<void>;
}

export function createDevScreen(terminal: Terminal, { json, timeZone, jobsPath, askCommand }: DevOptions): DevScreen {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, timeStyle: 'medium' });
  const object = (value: object): void => terminal.document(JSON.stringify(value));
  const line = (word: string, text: string, style: Style): void =>
    terminal.say(
      `${terminal.style('dim', clock.format(Date.now()))} ${terminal.style(style, word.padEnd(10))} ${text}`,
    );

  return {
    up(what) {
      if (json) return object({ event: 'up', ...what });
      terminal.say(`${terminal.style('bold', 'daybreak dev')} is up at ${what.url} (Ctrl-C stops it, its store stays)`);
      terminal.say(`  store     ${inert(what.store)}`);
      terminal.say(`  log       ${inert(what.log)}`);
      const open = [counted(what.openChainRuns, 'chain run'), counted(what.openRuns, 'run')].filter(
        (one) => one !== '',
      );
      if (open.length > 0) terminal.say(`  goes on   with what was open when it ended: ${open.join(' and ')}`);
      if (jobsPath !== null) terminal.say(`  jobs      ${inert(jobsPath)} (read again when it changes)`);
      if (what.nextFire !== null) {
        terminal.say(
          `  next fire of the sample night: ${what.nextFire} (at once: ${inert(askCommand)} --fire nightly-settlement)`,
        );
      }
    },
    setup(url) {
      if (json) return object({ event: 'setup_link', url });
      terminal.say('To see it in a browser, make the first administrator (good once; a new start prints another):');
      terminal.say(`  ${url}`);
    },
    page(text) {
      if (json) return object({ event: 'page', text });
      line('page', inert(text.replace(/^page: /, '')), 'cyan');
    },
    token({ token, command }) {
      if (json) return object({ event: 'join_token', token, command });
      terminal.say(`To join an executor, within 10 minutes (good once; another: ${inert(askCommand)} --token):`);
      terminal.say(`  ${command}`);
    },
    jobs(loaded) {
      if (json) return object({ event: 'jobs_loaded', ...loaded });
      line('jobs', `the file was read again: ${loaded.jobs} jobs, ${loaded.chains} chains`, 'cyan');
    },
    jobsRefused(why) {
      if (json) return object({ event: 'jobs_refused', message: why });
      line('jobs', `${inert(why)} (what was defined before stays)`, 'red');
    },
    async tell(event, scheduler) {
      const result = event.event === 'run_ended' ? (await scheduler.run(event.runId)).result : null;
      if (json) return object(event.event === 'run_ended' ? { ...event, result } : event);
      const { word, text, style } = eventLine(event, result);
      line(word, text, style);
    },
  };
}

const counted = (count: number, what: string): string =>
  count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`;
