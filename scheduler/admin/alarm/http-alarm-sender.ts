import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { createTransport } from 'nodemailer';
import {
  hostOf,
  isPublicIp,
  judgedLookup,
  networkSet,
  type Resolve,
  systemResolve,
} from '../../../shared/http-networks.ts';
import type { AlarmSender, AlarmTarget, EmailSettings, HookSettings } from './alarm-sender.ts';
import { type AlarmText, bodyText, hookRequest, isTaken, subjectLine } from './alarm-text.ts';
import { whyNotSent } from './why-not-sent.ts';

export interface AlarmSenderOptions {
  /** Networks beside the public internet that may be reached. */
  readonly networks: readonly string[];
  /** Whether webhooks may go without TLS. */
  readonly plain: boolean;
  readonly nowMs: () => number;
  readonly resolve?: Resolve;
}

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 4_096;
const MAIL_PORTS: ReadonlySet<number> = new Set([25, 465, 587, 2525]);

/**
 * Sends what people set up to places that people typed. A name is resolved, judged, and connected to at exactly the address
 * that was judged; redirects are not followed; of an answer nothing is shown.
 */
export function createAlarmSender(options: AlarmSenderOptions): AlarmSender {
  const named = networkSet(options.networks, 'admin.alarmNetworks');
  const refuseIp = (host: string, ip: string): string | null =>
    isPublicIp(ip) || named.has(ip)
      ? null
      : `${host} is not on the public internet: the owner of this scheduler allows its network with alarmNetworks (--alarm-networks)`;
  const lookup = judgedLookup(refuseIp, options.resolve);

  function refusalOf({ kind, settings }: AlarmTarget): string | null {
    if (kind === 'email') return mailRefusal(settings as EmailSettings);
    const url = URL.parse((settings as HookSettings).url);
    if (url === null) return 'this is no url: write the whole of it, e.g. https://example.com/hook';
    if (url.protocol !== 'https:' && !(options.plain && url.protocol === 'http:')) {
      return options.plain
        ? 'the url must begin with https:// or http://'
        : 'the url must begin with https://: http:// is for schedulers whose owner allows it with plainWebhooks (--plain-webhooks)';
    }
    if (url.username !== '' || url.password !== '') return 'a url holds no user or password';
    const host = hostOf(url);
    return isIP(host) === 0 ? null : refuseIp(host, host);
  }

  function mailRefusal({ host, port, security }: EmailSettings): string | null {
    if (!MAIL_PORTS.has(port) && !named.has(host)) return `port ${port} is none of mail: ${[...MAIL_PORTS].join(', ')}`;
    if (/[^\w.:-]/.test(host)) return 'this is no host: write its name, e.g. mail.example.com';
    if (security === 'none' && !named.has(host))
      return 'without TLS only a host in alarmNetworks (--alarm-networks), written as its address, is spoken to';
    return isIP(host) === 0 ? null : refuseIp(host, host);
  }

  async function sendHook(target: AlarmTarget, text: AlarmText): Promise<string | null> {
    const { kind, secret } = target;
    const { url, language = 'en' } = target.settings as HookSettings;
    if (kind === 'email') throw new Error('mail is no webhook');
    const request = hookRequest(kind, { url, secret, language }, text, options.nowMs());
    const { status, body } = await post(request.url, request.headers, request.body, lookup);
    return isTaken(kind, status, body) ? null : `the other side answered ${status} and did not take it`;
  }

  async function sendMail({ settings, secret }: AlarmTarget, text: AlarmText): Promise<string | null> {
    const mail = settings as EmailSettings;
    const [found] =
      isIP(mail.host) !== 0 ? [{ address: mail.host }] : await (options.resolve ?? systemResolve)(mail.host);
    if (found === undefined) return `${mail.host} has no address`;
    const refusal = refuseIp(mail.host, found.address);
    if (refusal !== null) return refusal;
    const { language = 'en', user } = mail;
    const transport = createTransport({
      host: found.address,
      port: mail.port,
      secure: mail.security === 'tls',
      requireTLS: mail.security === 'starttls',
      ignoreTLS: mail.security === 'none',
      tls: isIP(mail.host) === 0 ? { servername: mail.host } : {},
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(user === undefined || user === '' ? {} : { auth: { user, pass: secret ?? '' } }),
    });
    try {
      await transport.sendMail({
        from: mail.from,
        to: [...mail.to],
        subject: subjectLine(text, language),
        text: bodyText(text, language),
      });
      return null;
    } finally {
      transport.close();
    }
  }

  return {
    refusalOf,
    async send(target, text) {
      const refusal = refusalOf(target);
      if (refusal !== null) return refusal;
      try {
        return target.kind === 'email' ? await sendMail(target, text) : await sendHook(target, text);
      } catch (error) {
        return whyNotSent(error);
      }
    },
  };
}

function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  lookup: LookupFunction,
): Promise<{ status: number; body: string }> {
  const target = new URL(url);
  const { request } = target.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const sent = request(target, { method: 'POST', headers, lookup, signal, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
        if (text.length > ANSWER_BYTES_MAX) answer.destroy();
      });
      answer.on('error', reject);
      answer.on('close', () => resolve({ status: answer.statusCode ?? 0, body: text.slice(0, ANSWER_BYTES_MAX) }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
