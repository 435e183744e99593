import { createHash } from 'node:crypto'
import { type Refused, refuse } from './answers.ts'

/**
 * Where a list goes on, as its reader keeps it: a position in one order of one selection. It grants
 * nothing; what it is bound to and its own sum keep it from going on in another list.
 */

/** @param list what was selected and in which order, in any form that is the same each time */
export function makeCursor(list: unknown, position: string): string {
  return Buffer.from(`${sumOf(list, position)}${position}`).toString('base64url')
}

/** The position in a cursor of this list. */
export function readCursor(list: unknown, cursor: string): string | Refused {
  const text = Buffer.from(cursor, 'base64url').toString()
  const [sum, position] = [text.slice(0, SUM_LENGTH), text.slice(SUM_LENGTH)]
  const isOurs = makeCursor(list, position) === cursor && sum === sumOf(list, position)
  return isOurs
    ? position
    : refuse('PT-9039', 'the cursor is of another selection or order, or was changed')
}

const SUM_LENGTH = 22

function sumOf(list: unknown, position: string): string {
  const text = JSON.stringify([list, position])
  return createHash('sha256').update(text).digest('base64url').slice(0, SUM_LENGTH)
}
