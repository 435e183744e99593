import { exampleKey, exampleTrailKey } from '@prooftrail/testing/trail'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  KEY_LIST_FORMAT,
  type KeyList,
  type KeyListBody,
  keyListDigest,
  keyListFault,
  parseKeyList,
  signKeyList,
} from './key-list.ts'
import { addPartyKeys } from './key-renewal.ts'
import { parseKeySet, publicJwk, type Role } from './keys.ts'

const admin = (n: number) => exampleKey(`admin ${n}`, ['operator'])
const adminsOf = (threshold: number, ...numbers: number[]) => ({
  threshold,
  keys: numbers.map((n) => publicJwk(admin(n).privateKey)),
})
const keyOf = (party: string, role: Role, validity = {}, label = party) =>
  exampleTrailKey(exampleKey(party, [role], label), validity)
const log = keyOf('log.example/a', 'log')
const intake = keyOf('intake', 'intake', { nbf: 1 })

const first: KeyListBody = {
  ...{ format: KEY_LIST_FORMAT, origin: 'log.example/a', version: 1 },
  issued_at: '2026-11-01T00:00:00.000Z',
  admins: adminsOf(2, 1, 2, 3),
  keys: [log, intake],
}

function signed(body: KeyListBody, ...numbers: number[]): KeyList {
  return { ...body, signatures: numbers.map((n) => signKeyList(body, admin(n))) }
}

const v1 = signed(first, 1, 2)
const second = (changes: Partial<KeyListBody> = {}): KeyListBody => ({
  ...first,
  ...{ version: 2, previous: keyListDigest(v1), issued_at: '2026-11-02T00:00:00.000Z' },
  ...changes,
})

describe('given a list that two of three admins sign', () => {
  test('when two did, then it is a list, and a key list for whoever verifies', () => {
    expect(keyListFault(v1, undefined)).toBeUndefined()
    const text = JSON.stringify(v1)
    expect(parseKeyList(text)).toEqual(v1)
    expect(parseKeySet(text).keys).toEqual(first.keys)
    expect(keyListDigest(parseKeyList(text))).toBe(keyListDigest(first))
  })

  test('when one did, however often, or strangers, then signatures are missing', () => {
    expect(keyListFault(signed(first, 1, 1, 1), undefined)).toContain('1 signatures')
    expect(keyListFault(signed(first, 7, 8), undefined)).toContain('2 signatures')
    const borrowed = { ...first, signatures: [...v1.signatures, ...v1.signatures], version: 2 }
    expect(keyListFault(borrowed, undefined)).toContain('2 signatures')
    const renamed = v1.signatures.map((one) => ({ ...one, keyid: v1.signatures[0]?.keyid ?? '' }))
    expect(keyListFault({ ...first, signatures: renamed }, undefined)).toContain('1 signatures')
  })
})

describe('given the list that follows', () => {
  test('when the admins before and its own signed, then it follows, whoever they are', () => {
    expect(keyListFault(signed(second(), 1, 3), v1)).toBeUndefined()
    const others = second({ admins: adminsOf(2, 4, 5) })
    expect(keyListFault(signed(others, 1, 2, 4, 5), v1)).toBeUndefined()
    expect(keyListFault(signed(others, 4, 5), v1)).toContain('admins before')
    expect(keyListFault(signed(others, 1, 2), v1)).toContain('its own admins')
    expect(keyListFault(signed(others, 1, 4, 5), v1)).toContain('1 signatures of the admins before')
  })

  test.each([
    ['another version', { version: 3 }],
    ['the same version', { version: 1 }],
    ['another log', { origin: 'log.example/b' }],
    ['another list before', { previous: keyListDigest(second()) }],
    ['an earlier time', { issued_at: '2026-10-31T00:00:00.000Z' }],
    ['a lost key', { keys: [log] }],
    ['a key of another party', { keys: [log, { ...intake, party: 'dispatch' }] }],
    [
      'a key with another role',
      { keys: [log, { ...intake, roles: ['intake', 'receipt'] as const }] },
    ],
    ['a key that counts from earlier', { keys: [log, { ...intake, nbf: 0 }] }],
  ])('%s does not follow, though all signed', (_what, changes) => {
    expect(keyListFault(signed(second(changes), 1, 2, 3), v1)).not.toBeUndefined()
  })

  test('keys are added and ended, and an end only comes nearer', () => {
    const names = ['exp', 'revoked_at', 'revoked_at_log_size'] as const
    type Ends = Partial<Record<(typeof names)[number], number>>
    const ends = fc.record(
      { exp: fc.nat(9), revoked_at: fc.nat(9), revoked_at_log_size: fc.nat(9) },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(ends, ends, (old: Ends, renewed: Ends) => {
        const before = signed({ ...first, keys: [log, { ...intake, ...old }] }, 1, 2)
        const previous = keyListDigest(before)
        const added = keyOf('intake', 'intake', {}, 'intake next')
        const keys = [added, log, { ...intake, ...renewed }]
        const fault = keyListFault(signed(second({ previous, keys }), 1, 2), before)
        const holds = (one = Infinity, next = Infinity) => next <= one
        const isSooner = names.every((name) => holds(old[name], renewed[name]))
        expect(fault === undefined).toBe(isSooner)
      }),
    )
  })

  test('any change of a signed list is seen', () => {
    const text = JSON.stringify(signed(second(), 1, 2))
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('0', 'x', '"'), (at, put) => {
        const changed = text.slice(0, at) + put + text.slice(at + 1)
        if (changed === text) return
        let fault: string | undefined
        try {
          fault = keyListFault(parseKeyList(changed), v1)
        } catch (error) {
          fault = String(error)
        }
        expect(fault).not.toBeUndefined()
      }),
    )
  })
})

test.each([
  ['a member more', { ...v1, more: 1 }],
  ['no signatures', { ...v1, signatures: undefined }],
  ['no threshold', { ...v1, admins: adminsOf(0, 1) }],
  ['a threshold beyond', { ...v1, admins: adminsOf(3, 1, 2) }],
  ['an admin twice', { ...v1, admins: adminsOf(1, 1, 1) }],
  ['an admin who signs more', { ...v1, keys: [keyOf('operator', 'operator', {}, 'admin 1')] }],
  ['version 0', { ...v1, version: 0 }],
  ['a first list that follows', { ...v1, previous: keyListDigest(v1) }],
  ['a second that follows none', { ...v1, version: 2 }],
  ['a time that is none', { ...v1, issued_at: '2026' }],
  ['a key twice', { ...v1, keys: [log, log] }],
])('%s is no key list', (_what, value) => {
  expect(() => parseKeyList(JSON.parse(JSON.stringify(value)))).toThrow()
})

describe('given keys of agents and tools that somebody serves', () => {
  const agent = keyOf('agent-1', 'agent')
  const pinned = { keys: [log, intake, agent] }

  test('new ones are taken, ended ones end, and what the pinned list holds stays', () => {
    const tool = keyOf('tokenops', 'executor')
    const ended = { ...agent, exp: 9 }
    expect(addPartyKeys(pinned, { keys: [tool, ended] })).toEqual([log, intake, ended, tool])
    expect(addPartyKeys(pinned, { keys: [] })).toEqual(pinned.keys)
  })

  test('keys that accept, charge, seal or log are never taken, nor agents in their name', () => {
    const forged = [
      keyOf('receipt', 'receipt', {}, 'mallory'),
      exampleTrailKey(exampleKey('agent-2', ['agent', 'attestation'])),
      keyOf('intake', 'agent', {}, 'mallory 2'),
      keyOf('log.example/a', 'executor', {}, 'mallory 3'),
      { ...intake, exp: 5 },
    ]
    expect(addPartyKeys(pinned, { keys: forged })).toEqual(pinned.keys)
  })

  test('a pinned key that would change or last longer is refused', () => {
    const ended = { keys: [log, { ...agent, exp: 9 }] }
    for (const changed of [agent, { ...agent, exp: 10 }, { ...agent, exp: 9, party: 'agent-2' }]) {
      expect(() => addPartyKeys(ended, { keys: [changed] })).toThrow(
        expect.objectContaining({ code: 'KEY_LIST' }),
      )
    }
  })
})
