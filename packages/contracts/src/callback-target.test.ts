import { describe, expect, test } from 'vitest'
import { checkCallbackUrl } from './callback-target.ts'
import { allowedAddress, classifyAddress } from './network-class.ts'

const codesOf = (url: string, rules = {}) => checkCallbackUrl(url, rules).map(({ code }) => code)

const FORBIDDEN: [string, string[]][] = [
  [
    'PT-9201',
    [
      '',
      'agent.example.com',
      '//agent.example.com/',
      '/callback',
      'https:',
      'https://',
      'https:///x',
      'https:agent.example.com',
      'https:/agent.example.com',
    ],
  ],
  [
    'PT-9201',
    [
      'https://user@agent.example.com/',
      'https://user:pw@agent.example.com/',
      'https://@agent.example.com/',
      'https://agent.example.com@10.0.0.1/',
    ],
  ],
  [
    'PT-9201',
    ['https://agent.example.com/#x', 'https://agent.example.com/#', 'https://agent.example.com:/'],
  ],
  [
    'PT-9201',
    [
      'https://agent%2eexample.com/',
      'https://%31%30.0.0.1/',
      'https://ａgent.example.com/',
      'https://bücher.example.com/',
      'https://①⓪.0.0.1/',
      'https://agent。example.com/',
    ],
  ],
  [
    'PT-9201',
    [
      'https://agent.example.com\\@10.0.0.1/',
      ' https://agent.example.com/',
      'https://agent.example.com/\n',
      'https://agent.example.com/a b',
      'https://agent\t.example.com/',
      `https://agent.example.com/${'a'.repeat(3000)}`,
    ],
  ],
  [
    'PT-9202',
    [
      'http://agent.example.com/',
      'ftp://agent.example.com/',
      'file:///etc/passwd',
      'ws://agent.example.com/',
      'gopher://agent.example.com/',
      'data:text/plain,x',
      'javascript:alert(1)',
    ],
  ],
  [
    'PT-9203',
    [
      'https://agent.example.com:80/',
      'https://agent.example.com:22/',
      'https://agent.example.com:6379/',
      'https://agent.example.com:0/',
      'https://agent.example.com:444/',
    ],
  ],
  [
    'PT-9204',
    [
      'https://127.0.0.1/',
      'https://127.1/',
      'https://127.0.0.1./',
      'https://2130706433/',
      'https://0x7f000001/',
      'https://0x7f.0.0.1/',
      'https://0177.0.0.1/',
      'https://017700000001/',
      'https://0/',
      'https://0.0.0.0/',
    ],
  ],
  [
    'PT-9204',
    [
      'https://10.0.0.1/',
      'https://172.16.0.1/',
      'https://172.31.255.255/',
      'https://192.168.1.1/',
      'https://169.254.1.1/',
      'https://169.254.169.254/',
      'https://100.64.0.1/',
      'https://100.100.100.200/',
      'https://168.63.129.16/',
    ],
  ],
  [
    'PT-9204',
    [
      'https://192.0.0.1/',
      'https://192.0.2.1/',
      'https://198.18.0.1/',
      'https://198.51.100.1/',
      'https://203.0.113.1/',
      'https://224.0.0.1/',
      'https://240.0.0.1/',
      'https://255.255.255.255/',
      'https://192.88.99.1/',
    ],
  ],
  [
    'PT-9204',
    [
      'https://[::]/',
      'https://[::1]/',
      'https://[fe80::1]/',
      'https://[fec0::1]/',
      'https://[fc00::1]/',
      'https://[fd00:ec2::254]/',
      'https://[ff02::1]/',
      'https://[2001:db8::1]/',
      'https://[100::1]/',
    ],
  ],
  [
    'PT-9204',
    [
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:8.8.8.8]/',
      'https://[::ffff:7f00:1]/',
      'https://[::127.0.0.1]/',
      'https://[64:ff9b::7f00:1]/',
      'https://[64:ff9b::8.8.8.8]/',
      'https://[64:ff9b:1::1]/',
      'https://[2002:7f00:1::]/',
      'https://[2001:0:1::1]/',
      'https://[2606:4700::5efe:10.0.0.1]/',
      'https://[3fff::1]/',
    ],
  ],
  [
    'PT-9204',
    [
      'https://0x08.8.8.8/',
      'https://8.8.2056/',
      'https://134744072/',
      'https://010.8.8.8/',
      'https://8.8.8.8./',
    ],
  ],
  [
    'PT-9205',
    [
      'https://localhost/',
      'https://LOCALHOST/',
      'https://localhost./',
      'https://a.localhost/',
      'https://printer.local/',
      'https://metadata.google.internal/',
      'https://metadata/',
      'https://agent/',
      'https://agent.example.com./',
      'https://db.lan/',
      'https://x.home.arpa/',
      'https://1.0.0.127.in-addr.arpa/',
      'https://intranet.corp/',
      'https://a_b.example.com/',
      'https://-a.example.com/',
      'https://a..example.com/',
      'https://x.onion/',
      'https://localhost.localdomain/',
    ],
  ],
]

describe('a callback URL is refused', () => {
  for (const [code, urls] of FORBIDDEN) {
    test.each(urls)(`with ${code}: %j`, (url) => {
      expect(codesOf(url)).toContain(code)
    })
  }
  test('with all faults at once', () => {
    expect(codesOf('http://u@10.0.0.1:22/#a')).toEqual(['PT-9201', 'PT-9202', 'PT-9203', 'PT-9204'])
  })
})

describe('a callback URL passes', () => {
  test.each([
    'https://agent.example.com/callback',
    'https://agent.example.com:443/',
    'https://agent.example.com:8443/a?b=%20c',
    'https://xn--bcher-kva.example.com/',
    'HTTPS://Agent.Example.Com/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://a.b.c.d.example.org',
  ])('%s', (url) => {
    expect(codesOf(url)).toEqual([])
  })
  test('on ports that the deployment allows, and only these', () => {
    expect(codesOf('https://agent.example.com:9000/', { allowedPorts: [9000] })).toEqual([])
    expect(codesOf('https://agent.example.com/', { allowedPorts: [9000] })).toEqual(['PT-9203'])
  })
})

describe('allowed networks', () => {
  const rules = { allowedNetworks: ['127.0.0.0/8', 'fd00::/8'] }
  test.each([
    'http://127.0.0.1:4000/',
    'http://localhost:4000/',
    'http://[fd00::1]:1/',
    'https://127.9.9.9/',
  ])('open %s', (url) => {
    expect(codesOf(url, rules)).toEqual([])
  })
  test.each([
    'http://10.0.0.1/',
    'http://agent.example.com/',
    'http://2130706433:4000/',
    'http://u@127.0.0.1/',
    'http://[::1]/',
    'http://127.0.0.1/#a',
  ])('do not open %s', (url) => {
    expect(codesOf(url, rules)).not.toEqual([])
  })
  test('are asked again for the resolved address', () => {
    expect(allowedAddress('8.8.8.8', [])).toBe(true)
    for (const ip of ['127.0.0.1', '::1', '::ffff:8.8.8.8', 'fe80::1%eth0', 'nonsense', ''])
      expect(allowedAddress(ip, [])).toBe(false)
    expect(allowedAddress('127.0.0.1', rules.allowedNetworks)).toBe(true)
    expect(allowedAddress('::ffff:127.0.0.1', rules.allowedNetworks)).toBe(true)
    expect(allowedAddress('::ffff:10.0.0.1', rules.allowedNetworks)).toBe(false)
    expect(allowedAddress('169.254.169.254', rules.allowedNetworks)).toBe(false)
  })
})

test.each([
  ['8.8.8.8', 'public'],
  ['2a00:1450::1', 'public'],
  ['127.0.0.1', 'loopback'],
  ['::1', 'loopback'],
  ['10.1.1.1', 'private'],
  ['169.254.0.1', 'link_local'],
  ['fe80::1%eth0', 'link_local'],
  ['169.254.169.254', 'metadata'],
  ['100.64.0.1', 'cgnat'],
  ['224.0.0.1', 'multicast'],
  ['ff02::1', 'multicast'],
  ['::ffff:1.1.1.1', 'mapped'],
  ['64:ff9b::1', 'nat64'],
  ['2002::1', 'sixtofour'],
  ['2001::1', 'teredo'],
  ['fc00::1', 'ula'],
  ['0.0.0.0', 'unspecified'],
  ['255.255.255.255', 'broadcast'],
  ['5f00::1', 'reserved'],
  ['x', 'invalid'],
])('%s is %s', (ip, networkClass) => {
  expect(classifyAddress(ip)).toBe(networkClass)
})
