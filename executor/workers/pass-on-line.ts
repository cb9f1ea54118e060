import type { Logger } from '../../shared/logger.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/**
 * A line that a worker process wrote becomes one of this process: what its logger wrote goes on at its own level with its
 * own fields; any other text (a warning of Node's, `console.log` of a handler) as it is, at the level of its stream.
 */
export function passOnLine(logger: Logger, worker: number, stream: 'info' | 'warn' | 'error', line: string): void {
  const said = readLogLine(line);
  if (said === null) logger[stream]({ worker }, line);
  else logger[said.level]({ ...said.fields, worker }, said.msg);
}

interface SaidLine {
  readonly level: (typeof LEVELS)[number];
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function readLogLine(line: string): SaidLine | null {
  if (!line.startsWith('{')) return null;
  try {
    // `time` and `name` are those of the line that this one becomes.
    const { level, msg, time: _time, name: _name, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const known = LEVELS.find((each) => each === level);
    return known === undefined || typeof msg !== 'string' ? null : { level: known, msg, fields };
  } catch {
    // Cut off, or never JSON.
    return null;
  }
}
