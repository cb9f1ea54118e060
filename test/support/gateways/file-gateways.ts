import { planOf, usualFate } from './gateway-books.ts';
import { FILE_HEADER, fileOf, type HostileGateway } from './hostile-gateway.ts';
import type { HostileNight, Scenario } from './hostile-night.ts';

const kinds = ({ report }: HostileNight): string[] => report.conservation.differences.map(({ kind }) => kind).sort();
const must = (isTrue: boolean, what: string): string[] => (isTrue ? [] : [what]);
/** Only of the date on which this gateway books what it executes. */
const today = (asked: { date: string }, gateway: HostileGateway): boolean => asked.date === gateway.date;
const alias = (line: string, index: number, value: string): string =>
  line
    .split(',')
    .map((field, at) => (at === index ? value : field))
    .join(',');

/** Settlement files that come late, are cut, miss lines, double them or hold what nobody did. */
export const fileGateways: Record<string, Scenario> = {
  'a file that comes late': {
    ends: [0],
    lies: () => ({ file: (asked) => (asked.n <= 4 ? { status: 500 } : undefined) }),
  },
  'a file that is empty at first': {
    ends: [0],
    lies: () => ({ file: (asked) => (asked.n <= 3 ? fileOf([]) : undefined) }),
  },
  'a file that is not there at first': {
    ends: [0],
    lies: () => ({ file: (asked) => (asked.n <= 3 ? { status: 404 } : undefined) }),
  },
  'files with a wrong trailer, then right ones': {
    ends: [0],
    lies: () => ({
      file: ({ n }, lines) =>
        n === 1
          ? fileOf(lines, lines.length + 1)
          : n === 2
            ? `${fileOf(lines)}${fileOf(lines)}`
            : n === 3
              ? [FILE_HEADER, ...lines].join('\n')
              : n === 4
                ? fileOf(lines, '')
                : undefined,
    }),
  },
  'files whose trailer is always wrong': {
    ends: [4],
    untilCutOff: true,
    lies: () => ({ file: (_asked, lines) => fileOf(lines, lines.length + 1) }),
    check: (night) =>
      must(
        kinds(night).every((kind) => kind === 'NO_SETTLEMENT_FILE'),
        kinds(night).join(),
      ),
  },
  'a line is missing': {
    ends: [4],
    lies: () => ({ file: (asked, lines, gateway) => (today(asked, gateway) ? fileOf(lines.slice(1)) : undefined) }),
    check: (night) => must(kinds(night).join() === 'ONLY_OURS', kinds(night).join()),
  },
  'a line stands twice': {
    ends: [0],
    lies: () => ({ file: (_asked, lines) => fileOf([...lines, ...lines.slice(0, 3)]) }),
  },
  'the same lines in the files of several dates': {
    ends: [0],
    lies: () => ({ file: (_asked, _lines, gateway) => fileOf(gateway.books.settlementLines(gateway.date)) }),
  },
  'a debit that stands twice under two references': {
    ends: [4],
    lies: () => ({
      file: (asked, lines, gateway) =>
        today(asked, gateway) ? fileOf([...lines, alias(lines[0] ?? '', 0, 'R999')]) : undefined,
    }),
    check: (night) => must(kinds(night).includes('DOUBLE_DEBIT'), kinds(night).join()),
  },
  'lines of calls that are none of ours': {
    ends: [4],
    lies: () => ({
      file: (asked, lines, gateway) =>
        today(asked, gateway)
          ? fileOf([
              ...lines,
              alias(alias(lines[0] ?? '', 0, 'R998'), 1, 'daybreak.ELSEWHERE.1.P.1.1'),
              alias(alias(lines[0] ?? '', 0, 'R997'), 1, 'another-party-0001'),
            ])
          : undefined,
    }),
    check: (night) => must(kinds(night).includes('ONLY_GATEWAY'), kinds(night).join()),
  },
  'one line of another amount': {
    ends: [4],
    lies: () => ({
      file: (asked, lines, gateway) =>
        today(asked, gateway) ? fileOf([alias(lines[0] ?? '', 4, '1'), ...lines.slice(1)]) : undefined,
    }),
    check: (night) => must(kinds(night).includes('AMOUNT_DIFFERS'), kinds(night).join()),
  },
  'amounts written in other ways': {
    ends: [4],
    lies: () => ({
      file: (asked, lines, gateway) =>
        today(asked, gateway)
          ? fileOf(
              lines.map((line, at) => {
                const amount = line.split(',')[4] ?? '';
                return alias(line, 4, [`${amount}.00`, `+${amount}`, ` ${amount}`, `0${amount}`, amount][at] ?? amount);
              }),
            )
          : undefined,
    }),
    check: (night) => must(kinds(night).filter((kind) => kind === 'AMOUNT_DIFFERS').length === 4, kinds(night).join()),
  },
  'a file with CRLF, a byte order mark and quotes': {
    ends: [0],
    lies: () => ({
      file: (_asked, lines) =>
        `\uFEFF${fileOf(lines.map((line) => line.replace(/^([^,]*)/, '"$1"'))).replaceAll('\n', '\r\n')}`,
    }),
  },
  'a debit that was refused stands in the file': {
    ends: [4],
    allowed: { stateMayDiffer: true },
    lies: () => ({
      say: (_asked, entries) =>
        entries.map((entry) =>
          planOf(entry.requestNo).plan === 'K1.1.P'
            ? { ...entry, status: 'FAILED', code: 'ACCOUNT_CLOSED', gatewayRef: null }
            : entry,
        ),
    }),
    check: (night) => must(kinds(night).includes('STATE_DIFFERS'), kinds(night).join()),
  },
  'a file with four things wrong in it': {
    ends: [4],
    contracts: 8,
    lies: () => ({
      file: (asked, lines, gateway) => {
        const [missing, other = '', twice = '', ...rest] = lines;
        return today(asked, gateway) && missing !== undefined
          ? fileOf([
              alias(other, 4, '1'),
              twice,
              alias(twice, 0, 'R999'),
              alias(alias(twice, 0, 'R998'), 1, 'daybreak.ELSEWHERE.1.P.1.1'),
              ...rest,
            ])
          : undefined;
      },
    }),
    check: (night) => {
      const found = new Set(kinds(night));
      return ['AMOUNT_DIFFERS', 'DOUBLE_DEBIT', 'ONLY_GATEWAY', 'ONLY_OURS'].filter((kind) => !found.has(kind));
    },
  },
  'no file at all': {
    ends: [4],
    untilCutOff: true,
    lies: () => ({ file: () => ({ status: 500 }) }),
  },
  'a file that never ends': {
    ends: [4],
    untilCutOff: true,
    lies: () => ({
      answer: ({ kind }, text, response, gateway) => {
        if (kind !== 'file') return false;
        response.write(text.slice(0, text.indexOf('TRAILER')));
        const drip = (): void => {
          if (response.destroyed) return;
          response.write('R1,x,1,CNY,1,1\n');
          gateway.later(300, drip);
        };
        drip();
        return true;
      },
    }),
  },
  'a file that is cut in the middle': {
    ends: [0],
    lies: () => ({
      answer: ({ kind, n }, text, response) => {
        if (kind !== 'file' || n > 3) return false;
        if (n === 2) response.setHeader('content-length', Buffer.byteLength(text) + 10);
        response.write(text.slice(0, -12));
        setTimeout(() => response.socket?.destroy(), 50);
        return true;
      },
    }),
  },
  'PROCESSING for ever, and the file comes when the night is over': {
    ends: [0, 3, 4],
    untilCutOff: true,
    lies: () => ({
      fate: (debit) => ({ ...usualFate(debit), afterMs: planOf(debit.requestNo).number % 3 === 1 ? 12_000 : 0 }),
      say: ({ kind }, entries) =>
        kind === 'query' ? entries.map((entry) => ({ ...entry, status: 'PROCESSING', code: 'OK' })) : entries,
      file: ({ n }) => (n < 12 ? { status: 404 } : undefined),
    }),
  },
};
