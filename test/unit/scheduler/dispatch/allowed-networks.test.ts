import { expect, test } from 'vitest';
import { allowedNetworks, LOOPBACK_ONLY } from '../../../../scheduler/dispatch/http-allowed-networks.ts';

const loopback = allowedNetworks(LOOPBACK_ONLY);

test.each([
  'http://127.0.0.1:9999/',
  'http://127.8.9.1:80/',
  'http://[::1]:9999/',
  'http://localhost:9999/',
  'http://127.0.0.1:9999/batch/',
  'http://127.0.0.1:9999/app/v1.2/batch',
])('%s is on this machine', async (address) => {
  expect(await loopback.refusalOf(address)).toBeNull();
});

test.each([
  ['http://10.0.0.7:9999/', 'outside'],
  ['http://169.254.169.254/', 'outside'],
  ['http://[::ffff:10.0.0.7]:9999/', 'outside'],
  ['http://[fe80::1]:9999/', 'outside'],
  ['http://0.0.0.0:9999/', 'outside'],
  // Other spellings of addresses are read as what they are.
  ['http://2852039166/', 'outside'],
  ['http://0x0a000007:9999/', 'outside'],
  ['file:///etc/passwd', 'no http address'],
  ['http://user:secret@127.0.0.1:9999/', 'no user or password'],
  ['http://127.0.0.1:9999/%2e%2e%2fadmin/', 'must be like'],
  ['http://127.0.0.1:9999/a;b/', 'must be like'],
  ['http://127.0.0.1:9999/a//b/', 'must be like'],
  ['http://127.0.0.1:9999/.well-known/', 'must be like'],
  ['http://127.0.0.1:9999/?to=elsewhere', 'must be like'],
  ['http://127.0.0.1:9999/#there', 'must be like'],
  ['nonsense', 'no http address'],
])('%s is refused: %s', async (address, why) => {
  expect(await loopback.refusalOf(address)).toContain(why);
});

test('a name is judged again at the moment of the connection', async () => {
  const strict = allowedNetworks(['10.0.0.0/8']);
  const error = await new Promise((resolve) => strict.lookup('localhost', {}, (failure) => resolve(failure)));
  expect(String(error)).toContain('outside');
});

test.each(['10.0.0.0', '10.0.0.0/33', 'inner/8', '10.0.0.0/x'])('"%s" is no network', (network) => {
  expect(() => allowedNetworks([network])).toThrow('is no network');
});
