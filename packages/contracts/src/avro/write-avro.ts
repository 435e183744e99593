/**
 * JSON form → Avro bytes in one pass, exactly (wire format section 1). Compiled once per schema
 * into closures. A link that came in the layout that is written is copied as it came.
 */

import { Link, TrailError } from '@prooftrail/trail'
import { canonicalizeChecked } from '@prooftrail/trail/encoding'
import { type KindOf, kindOfRecord, layoutOf } from './link-shape.ts'
import { type Misfit, misfit, misfitAt, nameOf, type Walk } from './misfits.ts'
import { isMalformed, Output } from './output.ts'
import type { RecordShape, Shape } from './shape.ts'

type Write = (value: unknown, walk: Walk) => void

/** Shared by all writers: writing is synchronous, and what was written is copied out. */
const out = new Output()

/**
 * The writer for one schema. It answers the bytes behind `header` free ones, or every misfit:
 * nulls, undefined or undeclared members, missing members, wrong types, integers that are not
 * safe, lone surrogates.
 */
export function compileWriter(
  shape: RecordShape,
): (value: unknown, header: number) => { bytes: Buffer } | { misfits: readonly Misfit[] } {
  const write = compile(shape)
  return (value, header) => {
    const walk: Walk = { out, path: [], misfits: [] }
    out.begin(header)
    write(value, walk)
    return walk.misfits.length > 0 ? { misfits: walk.misfits } : { bytes: out.take() }
  }
}

function compile(shape: Shape): Write {
  switch (shape.kind) {
    case 'string':
      return writeString
    case 'boolean':
      return writeBoolean
    case 'int':
      return writeInt
    case 'long':
      return writeLong
    case 'json':
      return writeJson
    case 'array':
      return arrayOf(compile(shape.items))
    case 'map':
      return mapOf(compile(shape.values))
    case 'record': {
      const kind = kindOfRecord(shape)
      return kind === undefined ? recordOf(shape) : linkOf(shape, kind)
    }
  }
}

function writeString(value: unknown, walk: Walk): void {
  if (typeof value !== 'string') misfit(walk, `${nameOf(value)}, not a string`)
  else if (isMalformed(value)) misfit(walk, 'a lone surrogate')
  else walk.out.text(value)
}

function writeBoolean(value: unknown, walk: Walk): void {
  if (typeof value === 'boolean') walk.out.byte(value ? 1 : 0)
  else misfit(walk, `${nameOf(value)}, not a boolean`)
}

function writeInt(value: unknown, walk: Walk): void {
  if (typeof value === 'number' && (value | 0) === value) walk.out.long(value)
  else misfit(walk, `${nameOf(value)}, not an integer of 32 bits`)
}

function writeLong(value: unknown, walk: Walk): void {
  if (typeof value === 'number' && Number.isSafeInteger(value)) walk.out.long(value)
  else misfit(walk, `${nameOf(value)}, not a safe integer`)
}

function writeJson(value: unknown, walk: Walk): void {
  try {
    walk.out.text(canonicalizeChecked(value))
  } catch (error) {
    if (!(error instanceof TrailError)) throw error
    misfit(walk, error.message)
  }
}

function arrayOf(write: Write): Write {
  return (value, walk) => {
    if (!Array.isArray(value)) return misfit(walk, `${nameOf(value)}, not an array`)
    if (value.length > 0) {
      walk.out.long(value.length)
      for (let i = 0; i < value.length; i++) writeAt(i, value[i], write, walk)
    }
    walk.out.long(0)
  }
}

function mapOf(write: Write): Write {
  return (value, walk) => {
    if (!isPlain(value)) return misfit(walk, `${nameOf(value)}, not a plain object`)
    const keys = Object.keys(value)
    if (keys.length > 0) walk.out.long(keys.length)
    for (const key of keys) {
      if (key === '__proto__') misfitAt(walk, key, 'a forbidden key')
      writeAt(key, key, writeString, walk)
      writeAt(key, value[key], write, walk)
    }
    walk.out.long(0)
  }
}

function recordOf({ fields }: RecordShape): Write {
  const members = fields.map(({ name, optional, shape }) => ({
    name,
    optional,
    write: compile(shape),
  }))
  return (value, walk) => {
    if (!isPlain(value)) return misfit(walk, `${nameOf(value)}, not a plain object`)
    let found = 0
    for (const { name, optional, write } of members) {
      const member = value[name]
      if (member === undefined) {
        if (optional) walk.out.byte(0)
        else misfitAt(walk, name, 'missing')
        continue
      }
      found++
      if (optional) walk.out.byte(2)
      writeAt(name, member, write, walk)
    }
    const keys = Object.keys(value)
    if (keys.length !== found) nameStrangers(keys, value, fields, walk)
  }
}

/** A link is copied where it came in this layout; else its record is written. */
function linkOf(shape: RecordShape, kindOf: KindOf): Write {
  const write = recordOf(shape)
  const layout = layoutOf(shape)
  return (value, walk) => {
    if (!(value instanceof Link)) return write(value, walk)
    if (kindOf.from === 'record' && value.kind !== kindOf.kind) {
      return misfit(walk, `a ${value.kind}, not a ${kindOf.kind}`)
    }
    const bytes = value.bytesIn(layout)
    if (bytes !== undefined) return walk.out.bytes(bytes)
    const own = kindOf.from === 'member' ? { name: value.kind } : {}
    write({ ...own, ...value.toJSON() }, walk)
  }
}

function nameStrangers(
  keys: readonly string[],
  value: Record<string, unknown>,
  fields: RecordShape['fields'],
  walk: Walk,
): void {
  for (const key of keys) {
    const field = fields.find(({ name }) => name === key)
    if (field === undefined) misfitAt(walk, key, 'not declared')
    else if (value[key] === undefined && field.optional) misfitAt(walk, key, 'undefined')
  }
}

function writeAt(place: string | number, value: unknown, write: Write, walk: Walk): void {
  walk.path.push(place)
  write(value, walk)
  walk.path.pop()
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
