/** Signed lies by the thousand, in named groups, the same for the same seed; and honest variations. */

import type { JsonObject } from '../plain.ts'
import { otherValue } from '../tampering/leaves.ts'
import { type Random, randomFrom } from '../tampering/random.ts'
import { EXAMPLE_KINDS, type ExampleKind } from '../trail/index.ts'
import * as facts from './facts.ts'
import { VARIATIONS } from './honest.ts'
import * as keysAndLog from './keys-and-log.ts'
import type { Liar } from './objects.ts'
import * as objects from './objects.ts'
import { pathsOf, putAt, valueAt } from './paths.ts'
import * as structure from './structure.ts'
import { tell, tellingOf } from './telling.ts'

const { later: _, retarget: ____, ...aboutFacts } = facts
const { pickDraft, say, ...aboutObjects } = objects

const all: Readonly<Record<string, Liar>> = {
  ...aboutObjects,
  ...aboutFacts,
  ...structure,
  ...keysAndLog,
}

/** Every group of lies, by name: in which order a module's exports are listed depends on who loads it. */
export const LIARS: Readonly<Record<string, Liar>> = Object.fromEntries(
  Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1)),
)

/** A trail that is signed by all parties and not so. */
export interface Lie {
  group: string
  of: ExampleKind
  /** In words. */
  what: string
  /** The file, as value or text. */
  bundle: unknown
  keys: unknown
}

/** How many trails a liar is offered before the next one's turn. */
const OFFERS = 12

/** Draws `count` lies, the groups in turn. */
export function* lies(count: number, seed: number): Generator<Lie> {
  const random = randomFrom(seed)
  const groups = Object.entries(LIARS)
  let told = 0
  for (let turn = 0; told < count; turn++) {
    const [group, liar] = groups[turn % groups.length] ?? ['', () => undefined]
    const lie = tellOne(liar, random)
    if (lie === undefined) continue
    told++
    yield { group, ...lie }
  }
}

function tellOne(liar: Liar, random: Random): Omit<Lie, 'group'> | undefined {
  for (let offer = 0; offer < OFFERS; offer++) {
    const of = random.pick(EXAMPLE_KINDS)
    const telling = tellingOf(of)
    const what = liar(telling, random)
    if (what !== undefined) return { of, what, ...tell(telling) }
  }
  return undefined
}

/** An honest trail, and what makes it different from its example. */
export type Honest = Omit<Lie, 'group'>

/** Draws `count` honest trails, each varied in up to three ways. */
export function* honest(count: number, seed: number): Generator<Honest> {
  const random = randomFrom(seed)
  for (let told = 0; told < count; told++) {
    const of = random.pick(EXAMPLE_KINDS)
    const telling = tellingOf(of)
    const chosen = new Set([1, 2, 3].map(() => random.below(VARIATIONS.length)))
    const said = VARIATIONS.flatMap((vary, i) =>
      chosen.has(i) ? (vary(telling, random) ?? []) : [],
    )
    yield { of, what: said.join('; ') || 'as it is', ...tell(telling) }
  }
}

/**
 * Draws about `count` trails of which one value somewhere says something else, and everybody signed
 * that, or it stands where nobody signs. Some are still true: what two verifiers say of them has to be the same, whatever it is.
 */
export function* anyChange(count: number, seed: number): Generator<Honest> {
  const random = randomFrom(seed)
  for (let told = 0; told < count; told++) {
    const of = random.pick(EXAMPLE_KINDS)
    const telling = tellingOf(of)
    const draft = pickDraft(telling, random, ({ kind }) => kind !== 'attestation')
    const path = draft && random.pick(pathsOf(draft.object))
    if (draft === undefined || path === undefined) continue
    const at = whole(path, random)
    const other = anyOther(valueAt(draft.object, at), random)
    if (random.below(4) > 0) {
      yield { of, what: say(draft, at, other), ...tell(telling) }
      continue
    }
    // or in what nobody signs: the file and the list of keys
    const made = tell(telling)
    const root: JsonObject = JSON.parse(JSON.stringify(made))
    const place = random.pick(pathsOf(root).filter((one) => !one.endsWith('.payload')))
    const where = whole(place, random)
    if (!where.includes('.')) continue
    putAt(root, where, anyOther(valueAt(root, where), random))
    yield { of, what: `file: ${where}`, bundle: root.bundle, keys: root.keys }
  }
}

/** A path, or that of something it stands in. */
function whole(path: string, random: Random): string {
  const steps = path.split('.')
  return steps.slice(0, 1 + random.below(steps.length)).join('.')
}

function anyOther(value: unknown, random: Random): unknown {
  const others = [undefined, '', 'x', 0, 1, 7, -1, 1.5, true, [], {}, ['x']]
  return random.pick([...others, otherValue(value, random), otherValue(value, random)])
}
