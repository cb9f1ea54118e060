import { describe, expect, test } from 'vitest';
import { createSignatureJudge, type SignatureVerdict } from '../../../../shared/protocol/signature-judge.ts';
import {
  AnswerNotSignedError,
  createSigningPeer,
  exchangeSigned,
  type RawAnswer,
} from '../../../../shared/protocol/signing-peer.ts';
import {
  deriveWireKey,
  hashOf,
  readRequestSignature,
  requestMac,
  SIGN_AGAIN,
  SIGNATURE_WINDOW_MS,
  type WireKey,
} from '../../../../shared/protocol/wire-signature.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

const key = deriveWireKey('a1b2c3d4e5f60718293a4b5c6d7e8f90');
const otherKey = deriveWireKey('00112233445566778899aabbccddeeff');
const HOUR_MS = 3_600_000;
const target = { direction: 'to-executor', method: 'POST', path: '/run' } as const;

/** A judge behind a line that a test can bend: what the peer sends goes to it, what it says comes back. */
function given(options: { judgeStartMs?: number; noncesMax?: number } = {}) {
  const [here, there] = [createFakeRuntime(), createFakeRuntime({ startMs: options.judgeStartMs ?? 0, seed: 2 })];
  const newJudge = (instance: string) => createSignatureJudge({ instance, clock: there.clock, ...options });
  const world = {
    here,
    there,
    judge: newJudge('first'),
    peer: createSigningPeer({ direction: 'to-executor', runtime: here }),
    verdicts: [] as SignatureVerdict[],
    headers: [] as string[],
    withToken: [] as boolean[],
    restart() {
      world.judge = newJudge('second');
    },
    receive(header: string, body: string, knownKey: WireKey = key): RawAnswer {
      const signature = readRequestSignature(header);
      if (signature === null) throw new Error(`no signature: ${header}`);
      const verdict = world.judge.judge(knownKey, target, signature);
      world.verdicts.push(verdict);
      world.headers.push(header);
      const fits = signature.bodyHash === hashOf(body);
      const text = verdict === 'good' && fits ? '{"code":200}' : `{"code":500,"msg":"${SIGN_AGAIN}"}`;
      const answer = { ...target, nonce: signature.nonce, body: text };
      return { status: 200, text, signature: world.judge.signAnswer(knownKey, answer) };
    },
    say: (body: string) =>
      exchangeSigned(world.peer, key, { path: '/run', body }, async (header, withToken) => {
        world.withToken.push(withToken);
        return world.receive(header, body);
      }),
  };
  return world;
}

describe('a signed exchange', () => {
  test('learns the process and the clock of the other side from its first answer, and needs no second try after that', async () => {
    const world = given();
    expect(await world.say('one')).toMatchObject({ signed: true, text: '{"code":200}' });
    await world.say('two');
    expect(world.verdicts).toEqual(['again', 'good', 'good']);
    expect(world.peer.instance).toBe('first');
  });

  test('shows the token only until the other side has shown that it signs', async () => {
    const world = given();
    await world.say('one');
    await world.say('two');
    expect(world.withToken).toEqual([true, false, false]);
  });

  test.each([
    -HOUR_MS,
    HOUR_MS,
    24 * HOUR_MS,
  ])('does not mind a clock that is %i ms away, nor one that is set', async (awayMs) => {
    const world = given({ judgeStartMs: Date.UTC(2026, 10, 20) + awayMs });
    await world.say('one');
    world.here.setWall(0);
    world.there.setWall(Date.UTC(2030, 0, 1));
    await world.say('two');
    expect(world.verdicts).toEqual(['again', 'good', 'good']);
  });

  test('is repeated once for a new process of the other side', async () => {
    const world = given();
    await world.say('one');
    world.restart();
    expect(await world.say('two')).toMatchObject({ text: '{"code":200}' });
    expect(world.verdicts).toEqual(['again', 'good', 'again', 'good']);
  });

  test('is repeated once and no more, whatever is answered', async () => {
    const world = given();
    let asked = 0;
    const answer = await exchangeSigned(world.peer, key, { path: '/run', body: '' }, async (header) => {
      asked += 1;
      return world.receive(header, 'another body');
    });
    expect([asked, answer.text.includes(SIGN_AGAIN)]).toEqual([2, true]);
  });
});

describe('an answer', () => {
  const answering = (answer: RawAnswer) => async () => answer;
  const plain: RawAnswer = { status: 200, text: '{"code":200}', signature: undefined };

  test('without a signature is taken from a peer that never signed, and from no other', async () => {
    const world = given();
    const unsigned = () => exchangeSigned(world.peer, key, { path: '/run', body: '' }, answering(plain));
    expect(await unsigned()).toMatchObject({ signed: false });
    await world.say('one');
    await expect(unsigned()).rejects.toBeInstanceOf(AnswerNotSignedError);
  });

  test('that asks to sign again counts only when it is signed', async () => {
    const world = given();
    let asked = 0;
    await exchangeSigned(world.peer, key, { path: '/run', body: '' }, async () => {
      asked += 1;
      return { ...plain, text: `{"code":500,"msg":"${SIGN_AGAIN}"}` };
    });
    expect(asked).toBe(1);
  });

  test('is refused when it was signed with another token, for another request, or changed on its way', async () => {
    const world = given();
    await world.say('one');
    const bend = (change: (header: string, body: string) => RawAnswer) =>
      exchangeSigned(world.peer, key, { path: '/run', body: 'x' }, async (header) => change(header, 'x'));
    await expect(bend((header, body) => world.receive(header, body, otherKey))).rejects.toThrow('another token');
    const earlier = world.receive(world.headers[0] ?? '', 'one');
    await expect(bend(() => earlier)).rejects.toThrow('another token');
    await expect(
      bend((header, body) => ({ ...world.receive(header, body), text: '{"code":200,"data":1}' })),
    ).rejects.toThrow('another token');
    await expect(
      bend((header, body) => ({ ...world.receive(header, body), signature: 'v1 nonsense' })),
    ).rejects.toThrow('another token');
  });
});

describe('a judge refuses', () => {
  function signed(
    world: ReturnType<typeof given>,
    differing: { audience?: string; ageMs?: number; nonce?: string } = {},
  ) {
    const plain = {
      keyId: key.id,
      audience: differing.audience ?? 'first',
      atMs: world.there.clock.wallMs() - (differing.ageMs ?? 0),
      nonce: differing.nonce ?? world.here.random.secretHex(16),
      bodyHash: hashOf('body'),
    };
    return { ...plain, mac: requestMac(key, target, plain) };
  }

  test('a copy', () => {
    const world = given({ judgeStartMs: 1e12 });
    const signature = signed(world);
    expect(world.judge.judge(key, target, signature)).toBe('good');
    expect(world.judge.judge(key, target, signature)).toBe('repeated');
  });

  test.each([-1, 1])('what lies further than the window away (%i)', (sign) => {
    const world = given({ judgeStartMs: 1e12 });
    const judge = (ageMs: number) => world.judge.judge(key, target, signed(world, { ageMs }));
    expect(judge(sign * SIGNATURE_WINDOW_MS)).toBe('good');
    expect(judge(sign * (SIGNATURE_WINDOW_MS + 1))).toBe('again');
  });

  test('what is meant for another process, so that nothing can be said twice after a restart', () => {
    const world = given({ judgeStartMs: 1e12 });
    const signature = signed(world);
    expect(world.judge.judge(key, target, signature)).toBe('good');
    world.restart();
    expect(world.judge.judge(key, target, signature)).toBe('again');
  });

  test('another key, direction, method, path, body, instant or nonce', () => {
    const world = given({ judgeStartMs: 1e12 });
    const signature = signed(world);
    const verdict = (differing: object, elsewhere: object = {}, by = key) =>
      world.judge.judge(by, { ...target, ...elsewhere }, { ...signature, ...differing });
    expect(verdict({}, {}, otherKey)).toBe('forged');
    expect(verdict({}, { direction: 'to-scheduler' })).toBe('forged');
    expect(verdict({}, { method: 'GET' })).toBe('forged');
    expect(verdict({}, { path: '/kill' })).toBe('forged');
    expect(verdict({ bodyHash: hashOf('other') })).toBe('forged');
    expect(verdict({ atMs: signature.atMs + 1 })).toBe('forged');
    expect(verdict({ nonce: '0'.repeat(32) })).toBe('forged');
    expect(verdict({ mac: '0'.repeat(64) })).toBe('forged');
    expect(verdict({})).toBe('good');
  });

  test('a copy of what it had to forget: under a flood the window shrinks and the memory does not grow', async () => {
    const world = given({ judgeStartMs: 1e12, noncesMax: 10 });
    const first = signed(world);
    expect(world.judge.judge(key, target, first)).toBe('good');
    for (let n = 0; n < 20; n++) {
      await world.there.advance(1);
      expect(world.judge.judge(key, target, signed(world))).toBe('good');
    }
    expect(world.judge.judge(key, target, first)).toBe('again');
  });
});

test('a signature that is cut, longer or of other characters is none', () => {
  const world = given();
  const { header } = world.peer.sign(key, { path: '/run', body: '' });
  expect(readRequestSignature(header)).not.toBeNull();
  for (const bad of [
    '',
    header.slice(0, -1),
    `${header}0`,
    header.replace('for=-', 'for=a b'),
    header.replace('v1', 'v2'),
  ]) {
    expect(readRequestSignature(bad)).toBeNull();
  }
});

test('the keys of the two directions, of requests and answers, and of two tokens have nothing in common', () => {
  const buffers = [key, otherKey].flatMap((each) => [...Object.values(each.request), ...Object.values(each.answer)]);
  expect(new Set(buffers.map((buffer) => buffer.toString('hex'))).size).toBe(8);
  expect(key.id).not.toBe(otherKey.id);
  expect(deriveWireKey('a1b2c3d4e5f60718293a4b5c6d7e8f90').id).toBe(key.id);
});
