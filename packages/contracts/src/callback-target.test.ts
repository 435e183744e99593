import { FORBIDDEN_ADDRESSES, FORBIDDEN_CALLBACKS } from '@prooftrail/testing/contracts'
import { describe, expect, test } from 'vitest'
import { checkCallbackUrl } from './callback-target.ts'
import { allowedAddress, classifyAddress } from './network-class.ts'

const codesOf = (url: string, rules = {}) => checkCallbackUrl(url, rules).map(({ code }) => code)

describe('a callback URL is refused', () => {
  test.each(FORBIDDEN_CALLBACKS)('with $code, for $form: $url', ({ url, code }) => {
    expect(codesOf(url)).toContain(code)
  })
  test('in at least 60 forms, each once', () => {
    const urls = FORBIDDEN_CALLBACKS.map(({ url }) => url)
    expect(new Set(urls).size).toBe(urls.length)
    expect(urls.length).toBeGreaterThanOrEqual(60)
  })
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
    expect(codesOf('https://agent.example.com/', { allowedPorts: [9000] })).toEqual([])
    expect(codesOf('https://agent.example.com:9001/', { allowedPorts: [9000] })).toEqual([
      'PT-9203',
    ])
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
    for (const ip of [...FORBIDDEN_ADDRESSES, 'nonsense', ''])
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
