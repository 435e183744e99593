import { STATUS_MEANINGS } from '@prooftrail/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldWord, meaningOf, readStanding, STATUS_WORDS } from './status-words.ts'

describe('the list of status words', () => {
  test('holds each word once, under one meaning', () => {
    const folded = STATUS_MEANINGS.flatMap((meaning) => STATUS_WORDS[meaning].map(foldWord))
    expect(folded.filter((word, at) => folded.indexOf(word) !== at)).toEqual([])
  })
  test.each([
    ['DONE', 'done'],
    ['In-Progress', 'open'],
    ['requires_payment_method', 'open'],
    ['charged back', 'disputed'],
    ['  Withdrawn. ', 'void'],
    ['timedOut', 'failed'],
    ['ＦＡＩＬＥＤ', 'failed'],
    ['un\u200bresolved', 'unresolved'],
  ])('%j means %s', (text, meaning) => {
    expect(meaningOf(text)).toBe(meaning)
  })
  test.each(['not done', 'frobnicated', '完了', '', 'done?no'])('%j is not on it', (text) => {
    expect(meaningOf(text)).toBeUndefined()
  })
  test('a class may add words, and they go first', () => {
    const own = { 'Deemed complete': 'done', Filed: 'open' } as const
    expect(meaningOf('deemed-complete', own)).toBe('done')
    expect(meaningOf('filed', own)).toBe('open')
    expect(meaningOf('failed', own)).toBe('failed')
  })
  test('case, spaces and punctuation never change a meaning', () => {
    const words = Object.values(STATUS_WORDS).flat()
    const gap = fc.constantFrom(' ', '_', '-', '.', '')
    fc.assert(
      fc.property(fc.constantFrom(...words), gap, fc.boolean(), (word, between, isLoud) => {
        const spelled = word.split(' ').join(between)
        expect(meaningOf(isLoud ? spelled.toUpperCase() : spelled)).toBe(meaningOf(word))
      }),
    )
  })
})

describe('what an item says of itself', () => {
  test.each([
    [{}, { meaning: 'unsaid' }],
    [{ status: '' }, { meaning: 'unsaid' }],
    [{ status: null, unresolved: false, disputed: false, refunded: '0.00' }, { meaning: 'unsaid' }],
    [{ unresolved: [] }, { meaning: 'unsaid' }],
    [{ unresolved: 'no' }, { meaning: 'unsaid' }],
    [{ status: 'Paid' }, { meaning: 'done', said: 'status "Paid"' }],
    [{ unresolved: 'true' }, { meaning: 'unresolved', said: 'unresolved "true"' }],
    [{ unresolved: 1 }, { meaning: 'unresolved', said: 'unresolved 1' }],
    [{ unresolved: 'perhaps' }, { meaning: 'unresolved', said: 'unresolved "perhaps"' }],
    [{ status: 'Unresolved' }, { meaning: 'unresolved', said: 'status "Unresolved"' }],
    [
      { status: 'paid', unresolved: true },
      { meaning: 'unresolved', said: 'unresolved true' },
    ],
    [
      { status: 'paid', Disputed: 'yes' },
      { meaning: 'disputed', said: 'Disputed "yes"' },
    ],
    [{ replaced_by: 'r2' }, { meaning: 'superseded', said: 'replaced_by "r2"' }],
    [{ status: 'frobnicated' }, { meaning: 'unknown', said: 'status "frobnicated"' }],
    [{ status: 200 }, { meaning: 'unknown', said: 'status 200' }],
    [{ status: ['paid'] }, { meaning: 'unknown', said: 'status ["paid"]' }],
  ])('%j', (item, standing) => {
    expect(readStanding(item)).toEqual(standing)
  })
  test('is never thrown over, whatever the item', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (item) => {
        expect(readStanding(item)).toHaveProperty('meaning')
      }),
    )
  })
})
