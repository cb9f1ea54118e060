import { expect, test } from 'vitest';
import { hostOf, isPublicIp, judgedLookup, networkSet, plainIp, type Resolve } from '../../../shared/http-networks.ts';

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '172.15.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700::1111',
  '64:ff9b::808:808',
  '::ffff:8.8.8.8',
])('%s is public', (ip) => expect(isPublicIp(ip)).toBe(true));

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.170',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '203.0.113.9',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fe80::1%eth0',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '0:0:0:0:0:ffff:0a00:0001',
  '::127.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::10.0.0.1',
  '64:ff9b:1::7f00:1',
  'nonsense',
  '',
])('%s is not public', (ip) => expect(isPublicIp(ip)).toBe(false));

test.each([
  ['http://2130706433/', '127.0.0.1'],
  ['http://0x7f.1/', '127.0.0.1'],
  ['http://0177.0.0.1/', '127.0.0.1'],
  ['http://127.1/', '127.0.0.1'],
  ['http://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
  ['http://１２７.0.0.1/', '127.0.0.1'],
])('the host of %s is %s', (url, host) => {
  expect(hostOf(new URL(url))).toBe(host);
  expect(isPublicIp(host)).toBe(false);
});

test('an address is in a network whatever its spelling', () => {
  const net = networkSet(['10.0.0.0/8', 'fd00::/8']);
  expect(['10.9.9.9', '::ffff:10.9.9.9', '::ffff:a09:909', 'fd12::1'].map((ip) => net.has(ip))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['11.0.0.1', '::ffff:11.0.0.1', 'fe80::1', ''].map((ip) => net.has(ip))).toEqual([false, false, false, false]);
  expect(plainIp('::FFFF:10.0.0.1')).toBe('10.0.0.1');
});

const lookedUp = (resolve: Resolve, options: object = {}) =>
  new Promise((settle) => {
    const lookup = judgedLookup((host, ip) => (ip.startsWith('10.') ? null : `${host} -> ${ip} is bad`), resolve);
    lookup('name.test', options, (error, address, family) => settle(error ?? { address, family }));
  });

test('a look-up hands on what was judged, resolved once', async () => {
  const asked: string[] = [];
  const resolve: Resolve = async (host) => {
    asked.push(host);
    return [{ address: asked.length === 1 ? '10.0.0.1' : '127.0.0.1', family: 4 }];
  };
  expect(await lookedUp(resolve)).toEqual({ address: '10.0.0.1', family: 4 });
  expect(asked).toEqual(['name.test']);
  expect(await lookedUp(resolve)).toMatchObject({ code: 'ENOTALLOWED', message: 'name.test -> 127.0.0.1 is bad' });
});

test('one bad address refuses them all; all of a family are handed on where all are wanted', async () => {
  const both: Resolve = async () => [
    { address: '10.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  expect(await lookedUp(both, { all: true })).toMatchObject({ code: 'ENOTALLOWED' });
  expect(await lookedUp(both, { all: true, family: 4 })).toEqual({
    address: [{ address: '10.0.0.1', family: 4 }],
    family: undefined,
  });
  expect(await lookedUp(async () => [], {})).toMatchObject({ code: 'ENOTFOUND' });
  expect(await lookedUp(() => Promise.reject(Object.assign(new Error('no'), { code: 'EAI_AGAIN' })))).toMatchObject({
    code: 'EAI_AGAIN',
  });
});
