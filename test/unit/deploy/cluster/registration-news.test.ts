import { expect, test } from 'vitest';
import { createRegistrationNews } from '../../../../deploy/cli/cluster/registration-news.ts';
import { protocolHint } from '../../../../deploy/cli/cluster/why-no-scheduler.ts';
import type { SchedulerAnswer } from '../../../../executor/node/scheduler-client.ts';

const BY = 'http://10.0.0.5:8080';
const taken: SchedulerAnswer = { kind: 'acknowledged', by: BY };
const refused = (message: string): SchedulerAnswer => ({ kind: 'refused', by: BY, code: 500, message });
const silent = (why: string): SchedulerAnswer => ({ kind: 'unreachable', why: `${BY}: ${why}` });

function told(answers: readonly SchedulerAnswer[], stop = new AbortController().signal): string[] {
  const lines: string[] = [];
  const tell = createRegistrationNews({ group: 'orders', stop, say: (line) => lines.push(line) });
  for (const answer of answers) tell(answer, 'http://10.0.0.9:9999/');
  return lines;
}

test('an executor is up when a scheduler has taken it, which is said once', () => {
  expect(told([taken, taken, { ...taken, by: 'http://10.0.0.6:8080' }])).toEqual([
    `executor is up at http://10.0.0.9:9999/, group orders, registered with ${BY}`,
  ]);
});

test('why none takes it is said once each, and that one does again', () => {
  const lines = told([silent('ECONNREFUSED'), silent('ECONNREFUSED'), taken, silent('ECONNREFUSED'), taken]);
  expect(lines.map((line) => line.slice(0, 50))).toEqual([
    'executor at http://10.0.0.9:9999/ gets no runs: --',
    'executor is up at http://10.0.0.9:9999/, group ord',
    'executor at http://10.0.0.9:9999/ gets no runs: --',
    'executor is up at http://10.0.0.9:9999/, group ord',
  ]);
});

test('what it hears while it stops is no news', () => {
  expect(told([silent('ECONNREFUSED')], AbortSignal.abort())).toEqual([]);
});

test.each<[SchedulerAnswer, RegExp]>([
  [refused('invalid request, accessToken or appname invalid.'), /--access-token-file: .*8080 refuses the access token/],
  [refused('The access token is wrong.'), /--access-token-file: .* for the group "orders": give the schedulers' own/],
  [refused('invalid request, no group "orders" is known here: make it'), /--group: .* knows no group "orders": define/],
  [refused('invalid request, uri-mapping(/api/registry) not found.'), /--schedulers: .* is no scheduler, perhaps an/],
  [refused('the database is away'), /no runs: http:\/\/10.0.0.5:8080 refuses it: the database is away/],
  [silent('HTTP status 404, must be 200'), /--schedulers: .*status 404, must be 200: start a scheduler there, or name/],
  [silent('EPROTO write EPROTO wrong version number'), /\(it speaks no TLS: perhaps http:/],
])('%o names the option and the way out', (answer, line) => {
  expect(told([answer])[0]).toMatch(line);
});

test.each([
  ['ECONNRESET', /https:/],
  ['HPE_INVALID_CONSTANT', /https:/],
  ['EPROTO', /http:/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', /NODE_EXTRA_CA_CERTS/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /NODE_EXTRA_CA_CERTS/],
  ['ECONNREFUSED', /^$/],
])('a connection that ends with %s has a hint, or none', (code, hint) => {
  expect(protocolHint(code)).toMatch(hint);
});
