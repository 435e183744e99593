import { exampleKey, exampleKeyPair, exampleTrailKey } from '@prooftrail/testing/trail'
import { dsse } from '@sigstore/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalBytes, canonicalize } from './canonical.ts'
import * as node from './crypto-node.ts'
import * as web from './crypto-web.ts'
import { digestOf, digestOfBytes } from './digest.ts'
import { PAYLOAD_TYPE, parseEnvelope, preAuthEncoding } from './envelope.ts'
import { LINK_NAMES, linkNameOf, parseLinkName } from './format/kinds.ts'
import { deriveId, type IdPrefix, settlementId, taskToken, ticketId, workOrderId } from './ids.ts'
import { parseKeySet, parsePublicJwk, signingKeyFromJwk, thumbprint } from './keys.ts'
import { Link } from './link.ts'
import { LINK_PREDICATE, STATEMENT_TYPE } from './statement.ts'

const key = exampleKey('agent-1', ['agent'])
const object = {
  object_type: 'work_order',
  note: 'grüße 😀',
  n: 1.5,
  issued_at: '2026-01-05T10:00:00.000Z',
}
/** Drops what the JSON form refuses. */
const noNulls = fc
  .jsonValue()
  .map((value) => JSON.parse(JSON.stringify(value, (_, v) => plainValue(v))))
const objects = fc
  .dictionary(fc.string({ unit: 'binary' }), noNulls)
  .filter((value) => !JSON.stringify(value).includes('__proto__'))

function plainValue(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value))
    return Number.isSafeInteger(value) ? value : 0
  return value ?? 0
}

const refs = fc.array(
  fc.record({ name: fc.constantFrom(...LINK_NAMES), digest: fc.string({ unit: 'binary' }) }),
  { maxLength: 4 },
)

describe('a link', () => {
  test('its statement text is the canonical form of the statement', () => {
    fc.assert(
      fc.property(fc.constantFrom(...LINK_NAMES), objects, refs, (kind, value, after) => {
        const statement = {
          _type: STATEMENT_TYPE,
          subject: [{ name: kind, digest: { sha256: digestOf(value).slice('sha256:'.length) } }],
          predicateType: LINK_PREDICATE,
          predicate: { object: value, after },
        }
        const link = Link.sign(kind, value, after, key)
        expect(link.statementDigest).toBe(digestOf(statement))
        expect(link.digest).toBe(digestOf(value))
        expect(parseEnvelope(link.envelope).payload).toEqual(canonicalBytes(statement))
        expect(Link.fromEnvelope(link.envelope)).toMatchObject({ kind, digest: digestOf(value) })
      }),
      { numRuns: 200 },
    )
  })

  test('signed, put in an envelope and read again it is the same', () => {
    const link = Link.sign('work_order', object, [], key)
    const read = Link.fromEnvelope(link.envelope)
    expect(read.toJSON()).toEqual(link.toJSON())
    expect(read.ref).toEqual({ name: 'work_order', digest: digestOf(object) })
    expect(read.statementDigest).toBe(digestOfBytes(parseEnvelope(link.envelope).payload))
    expect(read.isSignedBy(key.privateKey)).toBe(true)
  })

  test('another object, kind, reference or key makes the signature false', () => {
    const link = Link.sign(
      'usage_receipt',
      object,
      [{ name: 'result_contract', digest: digestOf(object) }],
      key,
    )
    const wire = link.toJSON()
    const isGood = (kind: string, changes: object = {}) =>
      Link.fromWire(kind, { ...wire, ...changes }).isSignedBy(key.privateKey)
    expect(isGood('usage_receipt')).toBe(true)
    expect(isGood('settlement_receipt')).toBe(false)
    expect(isGood('usage_receipt', { after: [] })).toBe(false)
    expect(isGood('usage_receipt', { object: {} })).toBe(false)
    expect(isGood('usage_receipt', { signature: '' })).toBe(false)
    expect(link.isSignedBy(exampleKeyPair('other'))).toBe(false)
  })

  test.each([
    ['_type', (s: string) => s.replace('Statement/v1', 'Statement/v2'), 'STATEMENT'],
    ['predicateType', (s: string) => s.replace('link/v1', 'link/v2'), 'STATEMENT'],
    ['an added member', (s: string) => s.replace('{"_type"', '{"A":1,"_type"'), 'STATEMENT'],
    ['a space', (s: string) => s.replace('{"_type"', '{ "_type"'), 'STATEMENT'],
    ['a key twice', (s: string) => s.replace('"n":1.5', '"n":1.5,"n":1.5'), 'STATEMENT'],
    ['a null', (s: string) => s.replace('"n":1.5', '"n":null'), 'JSON_NULL'],
    ['another object', (s: string) => s.replace('"n":1.5', '"n":2'), 'DIGEST'],
    [
      'another kind',
      (s: string) => s.replace('"name":"work_order"', '"name":"toString"'),
      'LINK_NAME',
    ],
  ])('a payload with %s is refused', (_, change, code) => {
    const { statement } = Link.sign('work_order', object, [], key)
    const changed = new TextEncoder().encode(change(statement))
    const envelope = {
      payload: node.toBase64(changed),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ keyid: key.key_id, sig: node.toBase64(new Uint8Array(64)) }],
    }
    expect(() => Link.fromEnvelope(envelope)).toThrow(expect.objectContaining({ code }))
  })

  test('an object with nulls is not signed', () => {
    expect(() => Link.sign('work_order', { a: null }, [], key)).toThrow(
      expect.objectContaining({ code: 'JSON_NULL' }),
    )
  })

  test('names with a number are read in one spelling only', () => {
    expect(parseLinkName('result_contract')).toEqual({ kind: 'result_contract', n: 0 })
    expect(parseLinkName('result_contract/12')).toEqual({ kind: 'result_contract', n: 12 })
    expect(linkNameOf('result_contract', 12)).toBe('result_contract/12')
    for (const name of [
      'result_contract/0',
      'result_contract/01',
      'contract',
      'toString',
      'result_contract/',
      '',
    ]) {
      expect(parseLinkName(name)).toBeUndefined()
    }
  })
})

describe('an envelope', () => {
  const good = Link.sign('work_order', object, [], key).envelope
  const [signature] = good.signatures

  test.each([
    [{ ...good, extra: 1 }],
    [{ ...good, payloadType: 'text/plain' }],
    [{ ...good, signatures: [] }],
    [{ ...good, signatures: [signature, signature] }],
    [{ ...good, signatures: [{ ...signature, cert: '' }] }],
    [{ ...good, signatures: [{ ...signature, sig: signature.sig.replaceAll('=', '') }] }],
    [{ ...good, payload: `${good.payload}=` }],
    [{ ...good, payload: good.payload.replace(/^./, '-') }],
    [null],
  ])('%# is refused', (value) => {
    expect(() => parseEnvelope(value)).toThrow(expect.objectContaining({ code: 'ENVELOPE' }))
  })

  test('its pre-authentication encoding is the one of sigstore', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), (type, payload) => {
        const theirs = dsse.preAuthEncoding(type, Buffer.from(payload))
        expect(Buffer.from(preAuthEncoding(type, payload))).toEqual(Buffer.from(theirs))
      }),
    )
  })
})

describe('the two platforms', () => {
  test('sign, verify, hash and encode alike', () => {
    const pair = exampleKeyPair('both')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const signature = web.sign(pair, bytes)
        expect([...node.sign(pair, bytes)]).toEqual([...signature])
        expect(node.verify(pair, bytes, signature) && web.verify(pair, bytes, signature)).toBe(true)
        const wrong = signature.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
        expect(node.verify(pair, bytes, wrong) || web.verify(pair, bytes, wrong)).toBe(false)
        expect([...node.sha256(bytes)]).toEqual([...web.sha256(bytes)])
        expect(node.sha256Hex(bytes)).toBe(web.sha256Hex(bytes))
        const text = node.toBase64(bytes)
        expect(web.toBase64(bytes)).toBe(text)
        expect([...(node.fromBase64(text) ?? [])]).toEqual([...(web.fromBase64(text) ?? [])])
      }),
      { numRuns: 30 },
    )
    expect(web.sha256Hex('grüße')).toBe(node.sha256Hex('grüße'))
    expect(web.publicFromSeed(pair.d)).toBe(node.publicFromSeed(pair.d))
    for (const text of ['=', 'AB', 'AB==', 'AA=', 'A-==', 'AA==\n', ' AA==', 'AAAA====']) {
      expect([text, node.fromBase64(text)]).toEqual([text, undefined])
      expect([text, web.fromBase64(text)]).toEqual([text, undefined])
    }
    for (const made of [node.generate(), web.generate()]) {
      expect(web.publicFromSeed(made.d)).toBe(made.x)
      expect(node.verify(made, Uint8Array.of(1), web.sign(made, Uint8Array.of(1)))).toBe(true)
    }
  })
})

describe('keys', () => {
  test('the thumbprint of RFC 8037 appendix A.3', () => {
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
    expect(thumbprint({ x })).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  })

  test('keys of small order and other kinds of key are refused', () => {
    const x = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')
    const small = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      `ec${'ff'.repeat(31)}`,
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    ]
    for (const hex of small) {
      expect(() => parsePublicJwk({ kty: 'OKP', crv: 'Ed25519', x: x(hex) })).toThrow()
    }
    expect(() => parsePublicJwk({ kty: 'OKP', crv: 'X25519', x: key.privateKey.x })).toThrow()
    expect(() => parsePublicJwk({ kty: 'EC', crv: 'Ed25519', x: key.privateKey.x })).toThrow()
  })

  test('a signing key needs its own public half, thumbprint, party and roles', () => {
    const jwk = exampleKeyPair('x')
    const owner = { party: 'p', roles: ['agent'] } as const
    expect(signingKeyFromJwk({ ...jwk, ...owner }).key_id).toBe(thumbprint(jwk))
    expect(() => signingKeyFromJwk(jwk)).toThrow()
    expect(() => signingKeyFromJwk({ ...jwk, x: key.privateKey.x }, owner)).toThrow()
    expect(() => signingKeyFromJwk({ ...jwk, kid: 'other' }, owner)).toThrow()
    expect(() => signingKeyFromJwk({ ...jwk, party: 'p', roles: ['root'] })).toThrow()
  })

  test('a key set is closed', () => {
    const one = exampleTrailKey(key)
    expect(parseKeySet(JSON.stringify({ keys: [one] })).keys).toEqual([one])
    for (const wrong of [
      { d: 'secret' },
      { kid: 'x' },
      { alg: 'none' },
      { roles: [] },
      { nbf: 1.5 },
      { use: 'enc' },
    ]) {
      expect(() => parseKeySet({ keys: [{ ...one, ...wrong }] })).toThrow(
        expect.objectContaining({ code: 'KEY_SET' }),
      )
    }
  })
})

describe('ids', () => {
  test('that are derived are those of their work order, kind and number, in whatever turn they are asked for', () => {
    const asked = fc.record({
      prefix: fc.constantFrom<IdPrefix[]>('rc', 'run', 'eb', 'cmd', 'usage'),
      order: fc.integer({ min: 0, max: 3_000 }).map((n) => `wo_${n}`),
      n: fc.nat(3),
    })
    const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
    fc.assert(
      fc.property(fc.array(asked, { minLength: 500, maxLength: 1_500 }), (all) => {
        for (const { prefix, order, n } of all) {
          const hash = node.sha256Hex(canonicalize([order, prefix, n]))
          const bits = BigInt(`0x${hash.slice(0, 40)}`)
            .toString(2)
            .padStart(160, '0')
          const text = bits.replace(/.{5}/g, (five) => alphabet.charAt(Number(`0b${five}`)))
          expect(deriveId(prefix, order, n)).toBe(`${prefix}_${text}`)
        }
      }),
      { numRuns: 10 },
    )
  })

  test('are base32 of the first 20 bytes of SHA-256 over the canonical array', () => {
    const first = (value: unknown) => node.sha256Hex(canonicalize(value)).slice(0, 40)
    const hex = (id: string) => {
      const bits = [...id.slice(id.indexOf('_') + 1)]
        .map((c) => 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(c).toString(2).padStart(5, '0'))
        .join('')
      return BigInt(`0b${bits}`).toString(16).padStart(40, '0')
    }
    expect(hex(workOrderId('a', 'k'))).toBe(first(['a', 'k']))
    expect(hex(deriveId('rc', 'wo_1', 2))).toBe(first(['wo_1', 'rc', 2]))
    expect(hex(ticketId('wo_1', 'evidence_gap', 0))).toBe(first(['wo_1', 'evidence_gap', 0]))
    expect(hex(settlementId('acc', 'ref', 1))).toBe(first(['acc', 'ref', 1]))
    expect(taskToken(new Uint8Array(32), 'wo_1')).toMatch(/^tt_[a-z2-7]{32}$/)
    expect(() => deriveId('rc', 'wo_1', -1)).toThrow(expect.objectContaining({ code: 'ID' }))
  })
})
