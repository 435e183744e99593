import { exampleKey, exampleKeyPair } from '@prooftrail/testing/trail'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalize } from './canonical.ts'
import { digestOf, digestOfBytes } from './digest.ts'
import { parseEnvelope } from './envelope.ts'
import { TrailError } from './errors.ts'
import { Link, type LinkBytes } from './link.ts'
import { LINK_PREDICATE, STATEMENT_TYPE } from './statement.ts'
import { linksOf, verifiedLinks } from './verified-links.ts'

const key = exampleKey('agent-example', ['agent'])
const publicKey = key.privateKey
const other = exampleKeyPair('somebody-else')
const after = [{ name: 'work_order', digest: `sha256:${'0'.repeat(64)}` }]
const json = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'grapheme' }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.string().filter((name) => name !== '__proto__'),
    tie('value'),
    { maxKeys: 4, noNullPrototype: true },
  ),
})).object

/** The statement as the wire format spells it, from scratch. */
function statementOf(kind: string, object: unknown) {
  const sha256 = digestOf(object).slice('sha256:'.length)
  return canonicalize({
    _type: STATEMENT_TYPE,
    subject: [{ name: kind, digest: { sha256 } }],
    predicateType: LINK_PREDICATE,
    predicate: { object, after },
  })
}

describe('what is read off a link is what is computed from scratch', () => {
  test('for any object, however the link was made', () => {
    fc.assert(
      fc.property(json, (object) => {
        const signed = Link.sign('execution_command', object, after, key)
        const statement = statementOf('execution_command', object)
        const links = [
          signed,
          Link.fromWire('execution_command', signed),
          Link.fromWire('execution_command', JSON.parse(JSON.stringify(signed))),
          Link.fromBytes('execution_command', signed, bytesOf(object)),
          Link.fromEnvelope(signed.envelope),
        ]
        for (const link of links) {
          expect(link.digest).toBe(digestOf(object))
          expect(link.text).toBe(canonicalize(object))
          expect(link.object).toEqual(object)
          expect(link.statement).toBe(statement)
          expect(link.statementDigest).toBe(digestOfBytes(statement))
          expect(link.ref).toEqual({ name: 'execution_command', digest: digestOf(object) })
          expect(new TextDecoder().decode(parseEnvelope(link.envelope).payload)).toBe(statement)
          expect(link.isSignedBy(publicKey)).toBe(true)
          expect(link.isSignedBy(other)).toBe(false)
          expect(JSON.parse(JSON.stringify(link))).toEqual({
            ...{ object: JSON.parse(JSON.stringify(object)), after },
            ...{ key_id: key.key_id, signature: signed.signature },
          })
        }
      }),
      { numRuns: 50 },
    )
  })
})

function bytesOf<T>(object: T): LinkBytes<T> {
  const bytes = new TextEncoder().encode(JSON.stringify(object))
  return { bytes, layout: 'json', open: () => JSON.parse(new TextDecoder().decode(bytes)) }
}

describe('a link does not change', () => {
  const link = Link.sign('work_order', { a: [1] }, after, key)

  test('neither it nor its object, and a reference that is added outside is not its own', () => {
    expect(() => Object.assign(link, { signature: '' })).toThrow(TypeError)
    expect(() => link.object.a.push(2)).toThrow(TypeError)
    const refs = [...after]
    const mine = Link.sign('execution_command', { a: 1 }, refs, key)
    refs.push({ name: 'x', digest: 'y' })
    expect(mine.after).toEqual(after)
  })

  test('another kind, object or reference is another statement: the signature is not over it', () => {
    const { object } = link
    expect(Link.fromWire('intake_decision', link).isSignedBy(publicKey)).toBe(false)
    for (const change of [{ object: { a: [2] } }, { after: [] }, { signature: 'AA==' }]) {
      const changed = { ...link.toJSON(), object, ...change }
      expect(Link.fromWire<string, unknown>('work_order', changed).isSignedBy(publicKey)).toBe(
        false,
      )
    }
  })
})

describe('bytes', () => {
  test('are opened at the first use, once, and handed on in their own layout only', () => {
    let opened = 0
    const carried = { ...bytesOf({ a: 1 }), open: () => ({ a: ++opened }) }
    const link = Link.fromBytes('work_order', { after, key_id: 'k', signature: 's' }, carried)
    expect(link.bytesIn('json')).toBe(carried.bytes)
    expect(link.bytesIn('another')).toBeUndefined()
    expect(opened).toBe(0)
    expect([link.object, link.object, link.text]).toEqual([{ a: 1 }, { a: 1 }, '{"a":1}'])
  })

  test('that hold no object are told by whoever asks for it', () => {
    const carried = {
      ...bytesOf({}),
      open: () => {
        throw new RangeError('no object')
      },
    }
    const link = Link.fromBytes('work_order', { after, key_id: 'k', signature: 's' }, carried)
    expect(link.isSignedBy(publicKey)).toBe(false)
    expect(() => link.digest).toThrow('no object')
  })
})

describe('a kind outside the list', () => {
  test('is carried, and is no statement', () => {
    const link = Link.fromWire('some"thing', { object: {}, after, key_id: 'k', signature: 's' })
    expect(link.digest).toBe(digestOf({}))
    expect(() => link.statement).toThrow(TrailError)
    expect(link.isSignedBy(publicKey)).toBe(false)
  })
})

describe('the links of a message', () => {
  const [one, two] = [1, 2].map((n) => Link.sign('work_order', { n }, [], key))

  test('stand in the order of its members, at any depth, and are checked ahead', async () => {
    const strange = Link.fromWire('work_order', { ...one?.toJSON(), object: { n: 3 } } as never)
    const links = linksOf({ a: one, b: { c: [two, { d: strange }] }, e: 'x', f: 1 })
    expect(links).toEqual([one, two, strange])
    expect(await verifiedLinks(links, () => publicKey)).toEqual(new Set([one, two]))
    expect(await verifiedLinks(links, (link) => (link === two ? publicKey : undefined))).toEqual(
      new Set([two]),
    )
    expect(linksOf(one)).toEqual([one])
  })
})
