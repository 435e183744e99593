/** Avro bytes → `Link`, with a copy of the bytes. */
import { Link, type Ref } from '@prooftrail/trail'
import type { LinkBytes } from '@prooftrail/trail/encoding'
import { type Cursor, spend, Undecodable } from './cursor.ts'
import { type KindOf, layoutOf } from './link-shape.ts'
import {
  compileRead,
  type Read,
  readJsonBelieved,
  readJsonChecked,
  type Trust,
} from './read-avro.ts'
import type { RecordShape } from './shape.ts'
import { compileSkip } from './skip-avro.ts'

/** How links of one schema are read. */
interface LinkFormat {
  readonly layout: string
  /** Reads the object out of a link's bytes. */
  readonly open: (bytes: Buffer) => unknown
}

/** A link's bytes, copied: what arrived with them is not kept alive. */
class AvroLink implements LinkBytes {
  readonly bytes: Buffer
  readonly #format: LinkFormat

  constructor(bytes: Buffer, format: LinkFormat) {
    this.bytes = bytes
    this.#format = format
  }

  get layout(): string {
    return this.#format.layout
  }

  open(): unknown {
    return this.#format.open(this.bytes)
  }
}

/** The reader of a record that is a link. */
export function compileLink(shape: RecordShape, kindOf: KindOf, trust: Trust): Read {
  const members = shape.fields.map(({ name, shape: one }) => ({
    name,
    read: compileRead(one, 'outside', readJsonChecked),
    skip: name === 'object' && trust === 'own' ? compileSkip(one) : undefined,
  }))
  const format = { layout: layoutOf(shape), open: opener(shape) }
  return (cursor) => {
    spend(cursor)
    const start = cursor.position
    const found: Record<string, unknown> = {}
    for (const { name, read, skip } of members) {
      if (skip) skip(cursor)
      else found[name] = read(cursor)
    }
    const bytes = Buffer.from(cursor.bytes.subarray(start, cursor.position))
    // the schema says that a link has these members, of these types
    const signed = found as unknown as Members
    const kind = kindOf.from === 'record' ? kindOf.kind : signed.name
    return Link.fromBytes(kind, signed, new AvroLink(bytes, format), signed.object)
  }
}

interface Members {
  name: string
  object?: unknown
  after: Ref[]
  key_id: string
  signature: string
}

function opener({ name, fields }: RecordShape): LinkFormat['open'] {
  const place = fields.findIndex((field) => field.name === 'object')
  const before = fields.slice(0, place).map((field) => compileSkip(field.shape))
  const object = fields[place]
  if (object === undefined) throw new Error(`${name} is a link without an object`)
  const read = compileRead(object.shape, 'own', readJsonBelieved)
  return (bytes) => {
    // what was allowed when it came in
    const cursor: Cursor = { bytes, position: 0, left: Number.POSITIVE_INFINITY }
    for (const skip of before) skip(cursor)
    const value = read(cursor)
    if (value === undefined) throw new Undecodable('a link has no object')
    return value
  }
}
