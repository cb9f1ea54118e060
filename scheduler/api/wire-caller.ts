import type { IncomingHttpHeaders } from 'node:http';
import type { SignatureJudge } from '../../shared/protocol/signature-judge.ts';
import { APPNAME_HEADER, TOKEN_HEADER } from '../../shared/protocol/wire.ts';
import {
  type RequestSignature,
  readRequestSignature,
  SIGN_AGAIN,
  SIGNATURE_HEADER,
  type WireKey,
} from '../../shared/protocol/wire-signature.ts';
import type { Holder, Keyring } from '../registry/keyring.ts';

/** Who asks, and what it may speak for. */
export interface Caller {
  readonly holder: Holder;
  /** The group that it names in its headers; null: a peer of an older generation. */
  readonly appName: string | null;
  /** It has proven that it holds the token without showing it. */
  readonly signed: boolean;
}

export type Admission =
  | { readonly kind: 'admitted'; readonly caller: Caller; readonly signature: RequestSignature | null }
  | { readonly kind: 'refused'; readonly why: 'token' | 'signature' | 'sign_again' | 'group'; readonly msg: string };

export interface AdmissionOptions {
  readonly keyring: Keyring;
  readonly judge: SignatureJudge;
  /** Whether executors of groups that nobody has made may come. */
  readonly strangersMayRegister: boolean;
}

export interface AskedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** What an answer is signed with: there is a key as soon as the signature names one that we have and fits it. */
export interface AnswerKey {
  readonly key: WireKey;
  readonly nonce: string;
}

/** Judges the headers, before any of the body is read. `signWith` is told with what the answer is to be signed. */
export async function admitCaller(
  options: AdmissionOptions,
  request: AskedRequest,
  signWith: (answer: AnswerKey) => void,
): Promise<Admission> {
  const { keyring } = options;
  const signed = request.headers[SIGNATURE_HEADER];
  // Whoever signs is judged by the signature alone: a wrong one is not made good by a token beside it.
  if (typeof signed === 'string') return admitSigned(options, request, signed, signWith);
  const [token, appName] = [request.headers[TOKEN_HEADER], appNameOf(request)];
  const isEmpty = typeof token !== 'string' || token.trim() === '' || appName?.trim() === '';
  const holder = isEmpty ? null : await keyring.holderOfToken(token);
  if (holder === null) return refuseToken(request, isEmpty);
  if (!(await isNameFree(options, holder, appName))) return { ...refuseToken(request, isEmpty), why: 'group' };
  return { kind: 'admitted', caller: { holder, appName, signed: false }, signature: null };
}

async function admitSigned(
  options: AdmissionOptions,
  request: AskedRequest,
  header: string,
  signWith: (answer: AnswerKey) => void,
): Promise<Admission> {
  const { keyring, judge } = options;
  const signature = readRequestSignature(header);
  const found = signature === null ? null : await keyring.holderOfKey(signature.keyId);
  if (signature === null || found === null) return refuseToken(request, false);
  const target = { direction: 'to-scheduler', method: request.method, path: request.path } as const;
  const verdict = judge.judge(found.key, target, signature);
  if (verdict === 'forged') return { ...refuseToken(request, false), why: 'signature' };
  signWith({ key: found.key, nonce: signature.nonce });
  if (verdict === 'again') return { kind: 'refused', why: 'sign_again', msg: SIGN_AGAIN };
  if (verdict === 'repeated') {
    return { kind: 'refused', why: 'signature', msg: 'invalid request, this very request came before.' };
  }
  const appName = appNameOf(request);
  if (!(await isNameFree(options, found.holder, appName))) return refuseName(options, request, found.holder);
  return { kind: 'admitted', caller: { holder: found.holder, appName, signed: true }, signature };
}

/** A name in the headers has to be one that the token speaks for; without a name the message itself is judged. */
async function isNameFree(options: AdmissionOptions, holder: Holder, appName: string | null): Promise<boolean> {
  if (appName === null) return true;
  const { keyring, strangersMayRegister } = options;
  return (strangersMayRegister || (await keyring.knows(appName))) && (await keyring.mayActFor(holder, appName));
}

function appNameOf({ headers }: AskedRequest): string | null {
  const name = headers[APPNAME_HEADER];
  return typeof name === 'string' ? name : null;
}

/**
 * The token is good, and says nothing for this name. Executors of ours are told when there is no such group yet, as
 * happens before its jobs are there; the holder of one group's token learns nothing of others.
 */
async function refuseName({ keyring }: AdmissionOptions, request: AskedRequest, holder: Holder): Promise<Admission> {
  const group = appNameOf(request);
  const isTold = group !== null && holder.installation && !(await keyring.knows(group));
  const { kind, msg } = refuseToken(request, false);
  return { kind, why: 'group', msg: isTold ? unknownGroup(group) : msg };
}

export const unknownGroup = (group: string): string =>
  `invalid request, no group "${group}" is known here: make it, or name it in a job.`;

/** Peers of the newest generation name themselves and expect other words than their forerunners. */
function refuseToken(request: AskedRequest, isEmpty: boolean) {
  const msg = tokenRefusal(appNameOf(request) !== null, isEmpty);
  return { kind: 'refused', why: 'token', msg } as const;
}

export function tokenRefusal(named: boolean, isEmpty = false): string {
  if (!named) return 'The access token is wrong.';
  return isEmpty
    ? 'invalid request, accessToken or appname is empty.'
    : 'invalid request, accessToken or appname invalid.';
}
