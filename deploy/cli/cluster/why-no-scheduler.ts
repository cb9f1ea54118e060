import type { SchedulerAnswer } from '../../../executor/node/scheduler-client.ts';

type NotTaken = Exclude<SchedulerAnswer, { kind: 'acknowledged' }>;

/** Why an executor has no scheduler, which option to look at, and the way out; for one line. */
export function whyNotTaken(answer: NotTaken, { group }: { readonly group: string }): string {
  if (answer.kind === 'unreachable') {
    const hint = protocolHint(answer.why);
    return `--schedulers: ${answer.why}${hint === '' ? '' : ` (${hint})`}: start a scheduler there, or name one that runs`;
  }
  const { by, message } = answer;
  if (/uri-mapping/.test(message))
    return `--schedulers: ${by} is no scheduler, perhaps an executor: name a scheduler's address`;
  if (/no group/.test(message)) {
    return `--group: ${by} knows no group "${group}": define a job that names it, make it there, or give another --group`;
  }
  if (/access ?token/i.test(message)) {
    return `--access-token-file: ${by} refuses the access token for the group "${group}": give the schedulers' own, or that group's`;
  }
  return `${by} refuses it: ${message}`;
}

/** What an error of the connection says about its two ends: the code alone tells few people that a letter is missing. */
export function protocolHint(failure: string): string {
  if (/\bEPROTO\b/.test(failure)) return 'it speaks no TLS: perhaps http:// and not https://';
  if (/\bECONNRESET\b|\bHPE_/.test(failure))
    return 'it hangs up: perhaps it wants https://, or is the port of another server';
  if (/\bCERT_|_CERT\b|_LEAF_SIGNATURE/.test(failure))
    return 'its certificate is not trusted: NODE_EXTRA_CA_CERTS=FILE';
  return '';
}
