import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Refused } from './answers.ts'
import { makeCursor, readCursor } from './cursor.ts'

const list = { state: 'operating', sort: '-changed' }

test('a cursor goes on where it was made', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (position) => {
      expect(readCursor(list, makeCursor(list, position))).toBe(position)
    }),
  )
})

test('a cursor of another selection or order is refused', () => {
  const cursor = makeCursor(list, '2026/wo_1')
  for (const other of [{ ...list, sort: 'changed' }, { ...list, tool: 'energyops' }, {}]) {
    expect(readCursor(other, cursor)).toMatchObject({ code: 'PT-9039' })
  }
})

test('text that nobody made is refused, as is a cursor with one character changed', () => {
  const cursor = makeCursor(list, '2026/wo_1')
  const characters = fc.constantFrom(...'ABCabc019-_'.split(''))
  fc.assert(
    fc.property(fc.nat(cursor.length - 1), characters, (at, character) => {
      const changed = cursor.slice(0, at) + character + cursor.slice(at + 1)
      if (changed !== cursor) expect(readCursor(list, changed)).toBeInstanceOf(Refused)
    }),
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readCursor(list, text)).toBeInstanceOf(Refused)
    }),
  )
})
