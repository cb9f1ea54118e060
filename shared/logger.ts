import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import { maskSecrets } from './secrets.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFields = Readonly<Record<string, unknown>>;

/** One JSON line per call; an error goes in as `{ err }`. Secrets are masked by the names of their fields. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  debug(message: string): void;
  info(fields: LogFields, message: string): void;
  info(message: string): void;
  warn(fields: LogFields, message: string): void;
  warn(message: string): void;
  error(fields: LogFields, message: string): void;
  error(message: string): void;
  /** A logger that adds these fields to each line. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** Default 'info'. */
  readonly level?: LogLevel;
  /** Where lines go; default stderr, written at once, so that nothing is lost at exit and stdout stays the user's. */
  readonly destination?: DestinationStream;
  /** Which process or part speaks, e.g. 'scheduler'. */
  readonly name?: string;
}

/**
 * @example
 * const logger = createLogger({ name: 'executor' });
 * logger.child({ runId: 7 }).warn({ err, accountNo: '6222021234' }, 'the call was refused'); // accountNo: "****1234"
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: options.name === undefined ? null : { name: options.name },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: maskSecrets },
      serializers: { err: (error: unknown) => describeError(error) },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
  return withMaskedChildren(logger);
}

/** pino puts a child's fields on every line as they are: neither its formatters nor its serializers see secrets there. */
function withMaskedChildren(logger: PinoLogger): Logger {
  return {
    debug: logger.debug.bind(logger),
    info: logger.info.bind(logger),
    warn: logger.warn.bind(logger),
    error: logger.error.bind(logger),
    child: (fields) => withMaskedChildren(logger.child(maskSecrets(fields))),
  };
}

/** For tests and tools that want no lines. */
export const silentLogger: Logger = createLogger({
  level: 'silent',
  destination: { write: () => undefined },
});

/** An error with its codes, details and causes, as fields. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack } = error;
  const known = error as Error & { code?: unknown; details?: unknown };
  return maskSecrets({
    type: name,
    message,
    ...(known.code === undefined ? {} : { code: known.code }),
    ...(known.details === undefined ? {} : { details: known.details }),
    stack,
    ...(error.cause === undefined || depth > 4 ? {} : { cause: describeError(error.cause, depth + 1) }),
  });
}
