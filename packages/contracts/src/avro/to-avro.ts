/**
 * JSON form → the value that Avro writes, exactly (wire format section 1). Compiled once per
 * schema into closures; a value without `json` members comes back as it is, uncopied.
 */
import { TrailError } from '@prooftrail/trail'
import { writeJson } from './json-text.ts'
import type { FieldShape, RecordShape, Shape } from './shape.ts'

/** What a value of the JSON form breaks, by path. */
export interface Misfit {
  readonly path: string
  readonly detail: string
}

interface Walk {
  readonly path: (string | number)[]
  readonly misfits: Misfit[]
}

type Convert = (value: unknown, walk: Walk) => unknown

/**
 * The conversion for one schema. It answers the value to write, and every misfit: nulls,
 * undefined or undeclared members, missing members, wrong types, integers that are not safe,
 * lone surrogates. With a misfit the value is not to be used.
 */
export function compileToAvro(
  shape: RecordShape,
): (value: unknown) => { value: unknown; misfits: readonly Misfit[] } {
  const convert = compile(shape)
  return (value) => {
    const walk: Walk = { path: [], misfits: [] }
    return { value: convert(value, walk), misfits: walk.misfits }
  }
}

function compile(shape: Shape): Convert {
  switch (shape.kind) {
    case 'string':
      return convertString
    case 'boolean':
      return convertBoolean
    case 'int':
      return convertInt
    case 'long':
      return convertLong
    case 'json':
      return convertJson
    case 'array':
      return arrayOf(compile(shape.items))
    case 'map':
      return mapOf(compile(shape.values))
    case 'record':
      return recordOf(shape.fields)
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u
/** Most strings have no surrogate at all, and this test is several times faster. */
const SURROGATE = /[\ud800-\udfff]/

const convertString: Convert = (value, walk) => {
  if (typeof value !== 'string') return misfit(walk, `${nameOf(value)}, not a string`)
  if (SURROGATE.test(value) && LONE_SURROGATE.test(value)) return misfit(walk, 'a lone surrogate')
  return value
}

const convertBoolean: Convert = (value, walk) =>
  typeof value === 'boolean' ? value : misfit(walk, `${nameOf(value)}, not a boolean`)

const convertInt: Convert = (value, walk) => {
  if (typeof value === 'number' && (value | 0) === value) return value
  return misfit(walk, `${nameOf(value)}, not an integer of 32 bits`)
}

const convertLong: Convert = (value, walk) =>
  Number.isSafeInteger(value) ? value : misfit(walk, `${nameOf(value)}, not a safe integer`)

const convertJson: Convert = (value, walk) => {
  try {
    return writeJson(value)
  } catch (error) {
    if (error instanceof TrailError) return misfit(walk, error.message)
    throw error
  }
}

function arrayOf(convert: Convert): Convert {
  return (value, walk) => {
    if (!Array.isArray(value)) return misfit(walk, `${nameOf(value)}, not an array`)
    let copy: unknown[] | undefined
    for (let i = 0; i < value.length; i++) {
      walk.path.push(i)
      const item = convert(value[i], walk)
      walk.path.pop()
      if (item === value[i]) continue
      copy ??= [...value]
      copy[i] = item
    }
    return copy ?? value
  }
}

function mapOf(convert: Convert): Convert {
  return (value, walk) => {
    if (!isPlain(value)) return misfit(walk, `${nameOf(value)}, not a plain object`)
    let copy: Record<string, unknown> | undefined
    for (const key of Object.keys(value)) {
      walk.path.push(key)
      if (key === '__proto__') misfit(walk, 'a forbidden key')
      convertString(key, walk)
      const member = convert(value[key], walk)
      walk.path.pop()
      if (member === value[key]) continue
      copy ??= { ...value }
      copy[key] = member
    }
    return copy ?? value
  }
}

function recordOf(fields: readonly FieldShape[]): Convert {
  const members = fields.map(({ name, optional, shape }) => ({
    name,
    optional,
    convert: compile(shape),
  }))
  return (value, walk) => {
    if (!isPlain(value)) return misfit(walk, `${nameOf(value)}, not a plain object`)
    let copy: Record<string, unknown> | undefined
    let found = 0
    for (const { name, optional, convert } of members) {
      const member = value[name]
      if (member === undefined) {
        if (!optional) misfitAt(walk, name, 'missing')
        continue
      }
      found++
      walk.path.push(name)
      const converted = convert(member, walk)
      walk.path.pop()
      if (converted === member) continue
      copy ??= { ...value }
      copy[name] = converted
    }
    const keys = Object.keys(value)
    if (keys.length !== found) nameStrangers(keys, value, fields, walk)
    return copy ?? value
  }
}

function nameStrangers(
  keys: readonly string[],
  value: Record<string, unknown>,
  fields: readonly FieldShape[],
  walk: Walk,
): void {
  for (const key of keys) {
    const field = fields.find(({ name }) => name === key)
    if (field === undefined) misfitAt(walk, key, 'not declared')
    else if (value[key] === undefined && field.optional) misfitAt(walk, key, 'undefined')
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function misfit(walk: Walk, detail: string): undefined {
  const path = walk.path.map((part) => `/${part}`).join('')
  walk.misfits.push({ path, detail })
  return undefined
}

function misfitAt(walk: Walk, name: string, detail: string): void {
  walk.path.push(name)
  misfit(walk, detail)
  walk.path.pop()
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'number' ? `the number ${value}` : `a value of type ${typeof value}`
}
