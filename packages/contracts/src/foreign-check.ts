/**
 * Values that strangers send against schemas that strangers announced, with a bound on the work:
 * W1 Checking ends at the first fault, so no list of faults grows with either side.
 * W2 No schema refers to another, so a validator meets each pair of a value's node and a schema's
 *    keyword once at most: their product bounds the work, and what exceeds it is refused unchecked.
 * W3 A pattern meets no text beyond MAX_TEXT.
 */
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import { LRUCache } from 'lru-cache'
import { newAjv } from './check.ts'

/** Nodes of a value times nodes of its schema: tens of milliseconds at the worst. */
const MAX_WORK = 4_000_000
/** Characters of one text, where the schema has a pattern or a format. */
const MAX_TEXT = 100_000
/** Reading a text of this many characters counts as one node more. */
const TEXT_UNIT = 64

/** A validator takes some 100 kB; tools and their versions are few. */
const validators = new LRUCache<string, ValidateFunction>({ max: 500 })

/** A part of a value, and the stranger's schema that it alone meets. */
export type ForeignPart = readonly [schema: unknown, value: unknown]

/**
 * Why a value is not what a registered manifest's schema says: the first fault, or that there is too
 * much to check; empty when it is.
 * @param key names the schema for ever: the manifest's digest, and which of its schemas it is
 * @param schema of a manifest that `checkManifest` passed
 * @param parts where several schemas meet several parts of the value; else the whole meets the whole
 */
export function checkForeign(
  key: string,
  schema: () => object,
  value: unknown,
  parts: () => readonly ForeignPart[] = () => [[schema(), value]],
): readonly ErrorObject[] {
  const tooMuch = tooMuchOf(parts())
  if (tooMuch !== undefined) {
    return [{ keyword: 'work', instancePath: '', schemaPath: '', params: {}, message: tooMuch }]
  }
  const validate = validators.get(key) ?? compile(key, schema())
  return validate(value) ? [] : (validate.errors ?? [])
}

function compile(key: string, schema: object): ValidateFunction {
  const made = compileForeign(schema)
  validators.set(key, made)
  return made
}

/** A validator for a checked foreign schema. */
export function compileForeign(schema: object): ValidateFunction {
  return newAjv({ allErrors: false }).compile(schema)
}

function tooMuchOf(parts: readonly ForeignPart[]): string | undefined {
  let work = 0
  for (const [schema, value] of parts) {
    const asked = measureOfSchema(schema)
    const given = measure(value)
    work += asked.nodes * given.nodes
    const readsTexts = asked.names.has('pattern') || asked.names.has('format')
    if (readsTexts && given.longest > MAX_TEXT) {
      return `too much to check: a text of more than ${MAX_TEXT} characters`
    }
  }
  return work > MAX_WORK ? `too much to check: ${work} steps of ${MAX_WORK}` : undefined
}

interface Measure {
  nodes: number
  /** Characters of the longest text, names of members included. */
  longest: number
  names: ReadonlySet<string>
}

/** A schema does not change, and every value of its class meets it. */
function measureOfSchema(schema: unknown): Measure {
  if (typeof schema !== 'object' || schema === null) return measure(schema)
  const known = measures.get(schema)
  if (known !== undefined) return known
  const measured = measure(schema)
  measures.set(schema, measured)
  return measured
}

const measures = new WeakMap<object, Measure>()

function measure(root: unknown): Measure {
  let nodes = 0
  let longest = 0
  const names = new Set<string>()
  const waiting: unknown[] = [root]
  const text = (one: string) => {
    nodes += Math.floor(one.length / TEXT_UNIT)
    longest = Math.max(longest, one.length)
  }
  while (waiting.length > 0) {
    const value = waiting.pop()
    nodes++
    if (typeof value === 'string') text(value)
    if (typeof value !== 'object' || value === null) continue
    for (const [name, member] of Object.entries(value)) {
      if (!Array.isArray(value)) {
        text(name)
        names.add(name)
      }
      waiting.push(member)
    }
  }
  return { nodes, longest, names }
}
