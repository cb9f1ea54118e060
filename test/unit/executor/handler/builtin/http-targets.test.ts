import { expect, test } from 'vitest';
import { httpTargets } from '../../../../../executor/handler/builtin/http-targets.ts';

const targets = (allow: string[], networks: string[] = []) => httpTargets({ allow, networks, ports: [80, 443] });
const judge = (allow: string[], url: string, networks?: string[]) => targets(allow, networks).refusalOf(new URL(url));

test.each([
  [['https://api.example.com/hooks/'], 'https://api.example.com/hooks/a/b?c=1'],
  [['https://api.example.com/hooks'], 'https://api.example.com/hooks'],
  [['https://api.example.com/hooks'], 'https://api.example.com/hooks/x'],
  [['https://api.example.com'], 'https://API.example.com:443/any%2Fthing'],
  [['api.example.com'], 'http://api.example.com/x'],
  [['api.example.com'], 'https://api.example.com/x'],
  [['api.example.com:8443'], 'https://api.example.com:8443/'],
  [['8.8.8.8'], 'http://0x08080808/'],
])('%j allows %s', (allow, url) => expect(judge(allow, url)).toBeNull());

test.each([
  [[], 'https://api.example.com/', "httpHandler({ allow: ['https://api.example.com/'] })"],
  [['https://api.example.com/hooks/'], 'https://api.example.com/hook', 'not allowed'],
  [['https://api.example.com/hooks'], 'https://api.example.com/hooksx', 'not allowed'],
  [['https://api.example.com/hooks/'], 'https://api.example.com/hooks/../admin', 'not allowed'],
  [['https://api.example.com/hooks/'], 'https://api.example.com/hooks/%2e%2e/admin', 'not allowed'],
  [['https://api.example.com/hooks/'], 'https://api.example.com/hooks/..%2fadmin', 'not allowed'],
  [['https://api.example.com/hooks/'], 'https://api.example.com/hooks/%252e%252e/admin', 'not allowed'],
  [['https://api.example.com/'], 'http://api.example.com/', 'not allowed'],
  [['https://api.example.com/'], 'https://api.example.com:444/', 'not allowed'],
  [['https://api.example.com/'], 'https://api.example.com.evil.test/', 'not allowed'],
  [['https://api.example.com/'], 'https://api.example.com@evil.test/', 'no user'],
  [['api.example.com'], 'http://api.example.com:22/', 'not allowed'],
  [['api.example.com:8443'], 'https://api.example.com/', 'not allowed'],
  [['api.example.com'], 'https://sub.api.example.com/', 'not allowed'],
  [['localhost'], 'ftp://localhost/', 'neither http nor https'],
  [['127.0.0.1'], 'http://127.0.0.1/', "networks: ['127.0.0.1/32']"],
  [['127.0.0.1'], 'http://2130706433/', 'not on the public internet'],
  [['127.0.0.1'], 'http://0177.0.0.1/', 'not on the public internet'],
  [['169.254.169.254'], 'http://169.254.169.254/latest/', 'not on the public internet'],
  [['[::1]'], 'http://[::1]/', "networks: ['::1/128']"],
  [['[::ffff:7f00:1]'], 'http://[::ffff:127.0.0.1]/', 'not on the public internet'],
])('%j does not allow %s', (allow, url, why) => expect(judge(allow, url)).toContain(why));

test('a network that is named may be reached', () => {
  expect(judge(['10.1.2.3:8080'], 'http://10.1.2.3:8080/', ['10.0.0.0/8'])).toBeNull();
  expect(judge(['10.1.2.3:8080'], 'http://10.1.2.3:8080/', ['11.0.0.0/8'])).toContain('not on the public internet');
});

test.each(['', 'ftp://x/', 'https://u:p@x/', 'https://x/?a=1', 'x/y', 'https://x/#a'])('"%s" is no rule', (entry) => {
  expect(() => targets([entry])).toThrow('httpHandler allow');
});
