import { expect, test } from 'vitest'
import { defineRules, openRuleBook } from './rules.ts'

const table = defineRules({
  'X-1': { sentence: 'The first.', codes: ['one'], case: 'first' },
  'X-2': { sentence: 'The second.', codes: [], case: 'second' },
})

test('a book lists what was applied, in the order of the table', () => {
  const book = openRuleBook(table)
  expect(book.list()).toEqual([])
  book.apply('X-2', { of: 'b' }, 'done')
  book.apply('X-1', 'a', 'done')
  book.apply('X-2', { of: 'c' }, 'not done')
  expect(book.list()).toEqual([
    { rule: 'X-1', inputs: 'a', outcome: 'done' },
    { rule: 'X-2', inputs: { of: 'b' }, outcome: 'done' },
    { rule: 'X-2', inputs: { of: 'c' }, outcome: 'not done' },
  ])
})

test('of one rule ten applications are listed, the others counted', () => {
  const book = openRuleBook(table)
  for (let n = 0; n < 10_000; n += 1) book.apply('X-1', n, 'done')
  expect(book.list()).toHaveLength(11)
  expect(book.list().at(-1)).toEqual({
    rule: 'X-1',
    inputs: { further: 9_990 },
    outcome: 'applied 9990 times more',
  })
})
