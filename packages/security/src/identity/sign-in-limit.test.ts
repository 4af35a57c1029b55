import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf } from './sign-in-limit.ts';

test('who holds one IPv6 address holds its network; an IPv4 address in IPv6 clothes is itself', () => {
  for (const [address, network] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:0001:2::9', '2001:db8:1:2'],
    ['2001:db8::', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ] as const)
    assert.equal(networkOf(address), network, address);
});
