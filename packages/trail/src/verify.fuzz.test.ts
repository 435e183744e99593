import { runsOf, TAMPERINGS, tallyOf } from '@prooftrail/testing/tampering'
import { EXAMPLE_KINDS, makeExampleTrail } from '@prooftrail/testing/trail'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Bundle } from './bundle.ts'
import { canonicalize } from './canonical.ts'
import { verifyTrail } from './verify.ts'

const examples = EXAMPLE_KINDS.map((kind) => {
  const { bundle, keys } = makeExampleTrail({ kind })
  return { bundle, keys, text: JSON.stringify(bundle), meaning: canonicalize(bundle) }
})
const example = fc.constantFrom(...examples)
const runs = { numRuns: 1000 }

/** Distinct changed trails; test/faults/tampering.e2e.test.ts takes the large draw. */
const TAMPERED = Number(process.env.TAMPERED ?? 2_000)
const SEED = Number(process.env.TAMPERED_SEED ?? 20_260_301)

test('the trails that are tampered with, and those that parts are taken from, verify', () => {
  for (const { bundle, keys } of EXAMPLE_KINDS.flatMap(runsOf)) {
    expect(verifyTrail(bundle, keys).problems).toEqual([])
  }
})

test(`of ${TAMPERED} changed trails, of every class and kind, none verifies and each is told where`, () => {
  const { classes, kinds, verified, misplaced } = tallyOf(TAMPERED, SEED)
  expect([...classes.keys()].sort()).toEqual(Object.keys(TAMPERINGS).sort())
  expect([...kinds].sort()).toEqual([...EXAMPLE_KINDS].sort())
  expect(verified).toEqual([])
  expect(misplaced).toEqual([])
}, 300_000)

/** What a text says, so that a change of spelling alone is not taken for a change. */
function meaningOf(text: string): string | undefined {
  try {
    return canonicalize(JSON.parse(text))
  } catch {
    return undefined
  }
}

test('a bundle with any bit flipped does not verify, unless it says the same', () => {
  fc.assert(
    fc.property(example, fc.nat(), fc.nat(7), ({ text, meaning, keys }, place, bit) => {
      const bytes = new TextEncoder().encode(text)
      const at = place % bytes.length
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
      const { ok } = verifyTrail(bytes, keys)
      if (ok) expect(meaningOf(new TextDecoder().decode(bytes))).toBe(meaning)
    }),
    runs,
  )
})

test('a bundle with any value inside an object replaced does not verify', () => {
  fc.assert(
    fc.property(
      example,
      fc.nat(),
      fc.nat(),
      fc.jsonValue(),
      ({ bundle, meaning, keys }, i, j, value) => {
        const copy: Bundle = structuredClone(bundle)
        const link = copy.links[i % copy.links.length]
        if (link === undefined) return
        const payload = JSON.parse(atobUtf8(link.envelope.payload))
        replaceLeaf(payload, j, value)
        link.envelope.payload = btoaUtf8(JSON.stringify(payload))
        const { ok } = verifyTrail(copy, keys)
        expect(ok).toBe(canonicalize(copy) === meaning)
      },
    ),
    runs,
  )
})

test('a bundle with any leaf of the file replaced does not verify', () => {
  fc.assert(
    fc.property(example, fc.nat(), fc.jsonValue(), ({ bundle, meaning, keys }, i, value) => {
      const copy: Bundle = structuredClone(bundle)
      replaceLeaf(copy, i, value)
      const { ok } = verifyTrail(copy, keys)
      if (ok) expect(canonicalize(copy)).toBe(meaning)
    }),
    runs,
  )
})

test('any JSON at all is answered with a verdict', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (bundle, keys) => {
      expect(verifyTrail(bundle, keys).ok).toBe(false)
    }),
    { numRuns: 300 },
  )
})

/** Replaces the i-th leaf of a JSON value, counted around. */
function replaceLeaf(root: unknown, i: number, value: unknown): void {
  const places: [Record<string, unknown>, string][] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    // arrays are read by their index as a key
    const members = node as Record<string, unknown>
    for (const key of Object.keys(members)) {
      if (typeof members[key] === 'object' && members[key] !== null) visit(members[key])
      else places.push([members, key])
    }
  }
  visit(root)
  const [members, key] = places[i % places.length] ?? []
  if (members !== undefined && key !== undefined) members[key] = value
}

function atobUtf8(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
}

function btoaUtf8(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
