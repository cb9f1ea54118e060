import { describe, expect, test } from 'vitest';
import { DaybreakError } from '../../../shared/errors.ts';
import { createLogger, type Logger } from '../../../shared/logger.ts';
import { maskUrl } from '../../../shared/secrets.ts';

function recorded(act: (logger: Logger) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  act(createLogger({ level: 'debug', name: 'test', destination: { write: (line: string) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line));
}

describe('a log line', () => {
  test('has level, time in ISO 8601, the name and the fields of its children', () => {
    const [line] = recorded((logger) => logger.child({ runId: 7 }).warn({ sliceNo: 2 }, 'late'));
    expect(line).toMatchObject({ level: 'warn', name: 'test', runId: 7, sliceNo: 2, msg: 'late' });
    expect(line?.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  test.each([
    'password',
    'accessToken',
    'ACCESS_TOKEN',
    'authorization',
    'clientSecret',
    'apiKey',
    'key',
    'cookie',
    'xxl-job-access-token',
  ])('hides %s, however deep it lies and also in a child', (name) => {
    const lines = recorded((logger) => {
      logger.info({ [name]: 'hunter2', list: [{ inner: { [name]: 'hunter2' } }] }, 'in');
      logger.child({ [name]: 'hunter2', headers: { [name]: 'hunter2' } }).info('in');
    });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(lines[0]?.[name]).toBe('[masked]');
  });

  test('shows the last four characters of an account number', () => {
    const [line] = recorded((logger) =>
      logger.info({ accountNo: '6222021234', call: { account_no: '6222029876' } }, 'in'),
    );
    expect(line).toMatchObject({ accountNo: '****1234', call: { account_no: '****9876' } });
  });

  test('leaves ordinary fields alone', () => {
    const fields = { dedupKey: 'a', keys: ['b'], idempotencyKey: 'c', amountMinor: 5, tokens: null };
    const [line] = recorded((logger) => logger.info(fields, 'in'));
    expect(line).toMatchObject(fields);
  });

  test('tells an error with its code, details and causes', () => {
    const cause = new Error('connect ECONNREFUSED');
    const err = new DaybreakError('STORE_UNREACHABLE', 'no store', {
      details: { host: 'h', password: 'hunter2' },
      cause,
    });
    const [line] = recorded((logger) => logger.error({ err }, 'failed'));
    expect(line?.err).toMatchObject({
      code: 'STORE_UNREACHABLE',
      message: 'no store',
      details: { host: 'h' },
      cause: { message: 'connect ECONNREFUSED' },
    });
    expect(JSON.stringify(line)).not.toContain('hunter2');
  });

  test('can hold big integers', () => {
    const [line] = recorded((logger) => logger.info({ sum: 12_345_678_901_234_567_890n }, 'in'));
    expect(line?.sum).toBe('12345678901234567890');
  });
});

test.each([
  ['mysql://root:hunter2@h:3306/db', 'mysql://root:***@h:3306/db'],
  ['mysql://root@h/db', 'mysql://root@h/db'],
  ['redis://:hunter2@h', 'redis://:***@h'],
  ['mysql://root:hun@ter/2?@h:3306/db', 'mysql://root:***@h:3306/db'],
  ['http://h/x?token=hunter2&a=1', 'http://h/x?token=***&a=1'],
  ['sqlite:./a.db', 'sqlite:./a.db'],
])('%s is shown as %s', (url, shown) => {
  expect(maskUrl(url)).toBe(shown);
});
