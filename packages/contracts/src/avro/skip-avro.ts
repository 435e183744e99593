/** Passes over a value: bounds and counts are checked, contents are not. */
import {
  type Cursor,
  readBoolean,
  readCount,
  readLong,
  readPresence,
  skipString,
} from './cursor.ts'
import { leastBytes, type Shape } from './shape.ts'

type Skip = (cursor: Cursor) => unknown

/** @throws Undecodable, from what it answers, for bytes that end early or claim more than there is */
export function compileSkip(shape: Shape): Skip {
  switch (shape.kind) {
    case 'string':
    case 'json':
      return skipString
    case 'boolean':
      return readBoolean
    case 'int':
    case 'long':
      return readLong
    case 'array':
      return inBlocks(compileSkip(shape.items), leastBytes(shape.items))
    case 'map': {
      const skip = compileSkip(shape.values)
      return inBlocks((cursor) => {
        skipString(cursor)
        skip(cursor)
      }, leastBytes(shape.values) + 1)
    }
    case 'record': {
      const members = shape.fields.map((field) => ({
        optional: field.optional,
        skip: compileSkip(field.shape),
      }))
      return (cursor) => {
        for (const { optional, skip } of members) {
          if (!optional || readPresence(cursor)) skip(cursor)
        }
      }
    }
  }
}

function inBlocks(skip: Skip, least: number): Skip {
  return (cursor) => {
    for (let count = readCount(cursor, least); count > 0; count = readCount(cursor, least)) {
      for (let i = 0; i < count; i++) skip(cursor)
    }
  }
}
