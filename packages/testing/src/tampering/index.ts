/** Changed trails by the thousand, in named classes, and where verification has to find each change. */
import { type Bundle, type Problem, verifyTrail } from '@prooftrail/trail'
import { canonicalize, printable, sha256Hex } from '@prooftrail/trail/encoding'
import { decodeUtf8 } from '../plain.ts'
import {
  EXAMPLE_KINDS,
  type ExampleKind,
  type ExampleTrail,
  makeExampleTrail,
} from '../trail/index.ts'
import * as files from './file-changes.ts'
import * as lies from './lies.ts'
import * as links from './link-changes.ts'
import * as logs from './log-changes.ts'
import { type Random, randomFrom } from './random.ts'
import { bindings, near, resting } from './rests-on.ts'
import * as signatures from './signature-changes.ts'
import type { Place, Subject, Tampered } from './subject.ts'

/** A class of tampering: undefined where this trail gives no occasion for it. */
type Tampering = (subject: Subject) => Tampered | undefined

/** Every class. */
export const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  ...files,
  ...links,
  ...signatures,
  ...logs,
  ...lies,
}

/**
 * Classes that put genuine links elsewhere: the verdict names them or those bound to them at once.
 * In every other class it names what was changed.
 */
const MOVED: readonly string[] = [...Object.keys(links), 'secondWord']

/** One trail that was changed and judged. */
export interface Judged {
  tampering: string
  kind: ExampleKind
  ok: boolean
  problems: readonly Problem[]
  touched: readonly Place[]
  /** Places that a problem names and that neither were changed nor rest on what was. */
  stray: readonly Place[]
  /** Whether a problem names what was changed; of moved links, or what is bound to them at once. */
  found: boolean
  /** The same for the same file and keys. */
  id: string
}

/** Draws `count` distinct changed trails, the classes in turn, and verifies each. */
export function* tamper(count: number, seed: number): Generator<Judged> {
  const random = randomFrom(seed)
  const trails = new Map(EXAMPLE_KINDS.map((kind) => [kind, runsOf(kind)]))
  const seen = new Set<string>()
  const classes = Object.entries(TAMPERINGS)
  for (let turn = 0; seen.size < count; turn++) {
    const [tampering, change] = classes[turn % classes.length] ?? ['', () => undefined]
    const judged = one(tampering, change, random, trails)
    if (judged === undefined || seen.has(judged.id)) continue
    seen.add(judged.id)
    yield judged
  }
}

/** What became of many changed trails. */
export interface Tally {
  total: number
  /** How many of each class. */
  classes: ReadonlyMap<string, number>
  kinds: ReadonlySet<ExampleKind>
  /** Those that verify, and those whose problems do not name the place. */
  verified: Judged[]
  misplaced: Judged[]
}

/** Judges `count` distinct changed trails. */
export function tallyOf(count: number, seed: number): Tally {
  const classes = new Map<string, number>()
  const kinds = new Set<ExampleKind>()
  const [verified, misplaced]: [Judged[], Judged[]] = [[], []]
  for (const judged of tamper(count, seed)) {
    const { tampering, kind, ok, found, stray } = judged
    classes.set(tampering, (classes.get(tampering) ?? 0) + 1)
    kinds.add(kind)
    if (ok) verified.push(judged)
    else if (!found || stray.length > 0) misplaced.push(judged)
  }
  return { total: count, classes, kinds, verified, misplaced }
}

function one(
  tampering: string,
  change: Tampering,
  random: Random,
  trails: ReadonlyMap<ExampleKind, readonly ExampleTrail[]>,
): Judged | undefined {
  const kind = random.pick(EXAMPLE_KINDS)
  const [example, ...own] = trails.get(kind) ?? []
  if (example === undefined) return undefined
  const foreign = [...trails.values()].flat().filter((trail) => trail !== example)
  const others = random.below(2) === 0 ? own : foreign
  const bundle = structuredClone(example.bundle)
  const tampered = change({ kind, example, bundle, others, random })
  if (tampered === undefined || saysTheSame(tampered, example)) return undefined
  const { ok, problems } = verifyTrail(tampered.bundle, tampered.keys)
  // a verdict names what a file says in a form that can be printed
  const touched = tampered.touched.map(printable)
  const bound = bindingsOf(example)
  const close = MOVED.includes(tampering) ? near(bound, touched) : new Set(touched)
  const all = resting(bound, touched)
  const named = problems.map((problem) => placeOf(problem, tampered.bundle, example.bundle))
  return {
    ...{ tampering, kind, ok, problems, touched },
    found: named.some((place) => close.has(place)),
    stray: named.filter((place) => !all.has(place)),
    id: sha256Hex(JSON.stringify([textOf(tampered.bundle), tampered.keys])),
  }
}

/** A valid trail of the kind first, then runs of the same order that went another way. */
export function runsOf(kind: ExampleKind): ExampleTrail[] {
  const notes = ['another', 'a third', 'a fourth']
  return [
    makeExampleTrail({ kind }),
    ...notes.map((note) =>
      makeExampleTrail({
        kind,
        edit: (name, object) =>
          name === 'work_order' ? { ...object, workflow_context: { note } } : object,
      }),
    ),
  ]
}

const known = new WeakMap<ExampleTrail, ReturnType<typeof bindings>>()

function bindingsOf(example: ExampleTrail): ReturnType<typeof bindings> {
  const found = known.get(example) ?? bindings(example.bundle)
  known.set(example, found)
  return found
}

/** Another spelling of the same trail under the same keys is no change. */
function saysTheSame({ bundle, keys }: Tampered, example: ExampleTrail): boolean {
  try {
    const value: unknown = JSON.parse(textOf(bundle))
    const isSame = (one: unknown, other: unknown) => canonicalize(one) === canonicalize(other)
    return isSame(value, example.bundle) && isSame(keys, example.keys)
  } catch {
    return false
  }
}

function textOf(bundle: unknown): string {
  if (!(bundle instanceof Uint8Array)) return JSON.stringify(bundle)
  return decodeUtf8(bundle) ?? bundle.join()
}

/** Where a problem is: its link, also where the file's form is at fault, else the part of the file. */
function placeOf({ link, code, detail }: Problem, bundle: unknown, original: Bundle): Place {
  if (link !== undefined) return link
  if (code.startsWith('LOG')) return 'log'
  if (code === 'PILOT') return 'pilot'
  const [, at] = /^link (\d+) /.exec(detail) ?? []
  if (at === undefined) return 'bundle'
  return nameAt(bundle, Number(at)) ?? original.links[Number(at)]?.name ?? 'bundle'
}

function nameAt(bundle: unknown, at: number): Place | undefined {
  const value: unknown = bundle instanceof Uint8Array ? JSON.parse(textOf(bundle)) : bundle
  const links: unknown = Reflect.get(Object(value), 'links')
  const name: unknown = Array.isArray(links) ? Reflect.get(Object(links[at]), 'name') : undefined
  return typeof name === 'string' ? name : undefined
}
