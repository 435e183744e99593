import { exampleKey } from '@prooftrail/testing/trail'
import { describe, expect, test } from 'vitest'
import { canonicalize } from './canonical.ts'
import { digestOf } from './digest.ts'
import type { LinkName } from './format/kinds.ts'
import type { SigningKey } from './keys.ts'
import {
  linkDigests,
  refTo,
  type SignedLink,
  signLink,
  toEnvelope,
  verifyLinkSignature,
} from './old-link.ts'
import {
  canonicalOnce,
  checkAhead,
  digestOnce,
  envelopeOnce,
  openLink,
  refOnce,
  rememberCanonical,
  signatureHolds,
  signOnce,
} from './once.ts'
import { sealDigest, sealOnce, sealStatement, signSeal } from './seal.ts'

const key = exampleKey('intake', ['intake'])
const other = exampleKey('dispatch', ['dispatch'])
const after = [{ name: 'work_order', digest: digestOf({ a: 1 }) }]
const object = () => ({ z: [1, { b: 'ü', a: 'a "b"' }], a: { y: true, x: 'sha' }, n: 12.5 })
const NAME = 'intake_decision'

describe('what is worked out once', () => {
  test('is what the functions without memory answer', () => {
    const one = object()
    for (let i = 0; i < 2; i += 1) {
      expect(canonicalOnce(one)).toBe(canonicalize(one))
      expect(digestOnce(one)).toBe(digestOf(one))
      expect(refOnce('x', one)).toEqual(refTo('x', one))
    }
    const link = signOnce(NAME, object(), after, key)
    expect(link).toEqual(signLink(NAME, object(), after, key))
    const { digest, statement_digest } = openLink(NAME, { ...link })
    expect({ digest, statement_digest }).toEqual(linkDigests(NAME, link))
    expect(openLink(NAME, link)).toMatchObject({ digest, statement_digest })
    expect(envelopeOnce(NAME, link)).toEqual(toEnvelope(NAME, link))
  })

  test('is also that of texts, numbers and references that are not plain', () => {
    expect(canonicalOnce('a\nb')).toBe(canonicalize('a\nb'))
    expect(digestOnce(3)).toBe(digestOf(3))
    const odd = [{ name: 'wörk "order"', digest: 'sha256:ü' }]
    const link = signOnce(NAME, object(), odd, key)
    expect(link).toEqual(signLink(NAME, object(), odd, key))
  })

  test('a text that was compared is taken as it is', () => {
    const value = { b: 1, a: 2 }
    rememberCanonical(value, '{"a":2,"b":1}')
    expect(digestOnce(value)).toBe(digestOf(value))
  })

  test('a seal is the same, and its digest', () => {
    const entry = {
      ...{ work_order_id: 'wo_1', requested_tool: 't', verdict: 'refused' as const, revision: 0 },
      pilot: { tool: 't', execution_mode: 'standard', runtime_state: 'refused', proof_trail: [] },
      issued_at: '2026-01-01T00:00:00.000Z',
    }
    const statement = () => sealStatement({ links: after, entry })
    const seal = sealOnce(statement(), key)
    expect(seal).toEqual(signSeal(statement(), key))
    expect(digestOnce(seal.statement)).toBe(sealDigest(statement()))
  })

  test('what the JSON form refuses is refused', () => {
    expect(() => canonicalOnce({ a: null })).toThrow('null at /a')
    expect(() => signOnce(NAME, { a: Number.NaN }, after, key)).toThrow()
  })
})

describe('a signature', () => {
  const signed = () => signLink(NAME, object(), after, key)

  test('holds for its own key, name and bytes only, asked again and checked ahead or not', async () => {
    const lies: { name: LinkName; link: SignedLink; by: SigningKey }[] = [
      { link: signed(), name: NAME, by: other },
      { link: signed(), name: 'usage_receipt', by: key },
      { link: { ...signed(), after: [] }, name: NAME, by: key },
      { link: { ...signed(), object: { ...object(), n: 1 } }, name: NAME, by: key },
      { link: { ...signed(), signature: 'AAAA' }, name: NAME, by: key },
      { link: { ...signed(), signature: 'no base64' }, name: NAME, by: key },
      { link: { ...signed(), object: { a: undefined } }, name: NAME, by: key },
    ]
    const good = signed()
    const claims = lies.map(({ link, name, by }) => ({ name, link, publicKey: by.privateKey }))
    await checkAhead([...claims, { name: NAME, link: good, publicKey: key.privateKey }])
    for (const { name, link, publicKey } of claims) {
      expect(signatureHolds(name, link, publicKey)).toBe(false)
      expect(signatureHolds(name, link, publicKey)).toBe(verifyLinkSignature(name, link, publicKey))
    }
    for (let i = 0; i < 2; i += 1) {
      expect(signatureHolds(NAME, good, key.privateKey)).toBe(true)
      expect(signatureHolds(NAME, good, other.privateKey)).toBe(false)
      expect(signatureHolds('usage_receipt', good, key.privateKey)).toBe(false)
      expect(signatureHolds(NAME, { ...good }, key.privateKey)).toBe(true)
    }
  })
})
