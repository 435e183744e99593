import { createRequire } from 'node:module'
import type { Header } from './record-reader.ts'

/** The part of kafkajs's reader of bytes that is used for headers, and for nothing else. */
interface HeaderReader {
  readVarIntArray(read: unknown): unknown
}

const require = createRequire(import.meta.url)
let isDone = false

/**
 * Makes kafkajs gather a record's headers in time that grows with their number. As it comes it
 * copies all for each, so that one message of 60 kB with 10,000 of them occupies a process for a
 * minute; and under a name that every object has (`constructor`) it hands out what is no header.
 */
export function gatherHeadersLinearly(): void {
  if (isDone) return
  isDone = true
  // a module without types; the test goes through kafkajs's own decoder of records
  const { prototype } = require('kafkajs/src/protocol/decoder') as { prototype: HeaderReader }
  const readAll = prototype.readVarIntArray
  prototype.readVarIntArray = function (read) {
    // what kafkajs reads with its own reader of one header
    const headers = readAll.call(this, read) as Header[]
    return { reduce: () => gathered(headers) }
  }
}

/** A name that comes several times has a list, in order. */
export function gathered(headers: readonly Header[]): Record<string, unknown> {
  const all: Record<string, unknown> = {}
  for (const { key, value } of headers) {
    const known = Object.hasOwn(all, key) ? all[key] : undefined
    if (Array.isArray(known)) known.push(value)
    else if (known !== undefined) all[key] = [known, value]
    else if (key === '__proto__') {
      // set as a member of its own: an assignment would change what the object is
      Object.defineProperty(all, key, {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      })
    } else all[key] = value
  }
  return all
}
