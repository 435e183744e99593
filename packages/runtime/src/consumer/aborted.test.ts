import { expect, test } from 'vitest'
import { type FetchedPartition, hideAborted } from './aborted.ts'

type Record = FetchedPartition['messages'][number]

const END = Buffer.from([0, 0, 0, 0])

/** Records of producers by offset: `a` in a transaction, `!a` the end of it, `-` of none. */
function given(text: string, aborted: [producer: string, first: number][]): FetchedPartition {
  const messages = text.split(' ').map((word, offset): Record => {
    const producerId = word.replace('!', '')
    return {
      offset: String(offset),
      key: word.startsWith('!') ? END : null,
      isControlRecord: word.startsWith('!'),
      batchContext: { producerId, inTransaction: word !== '-' },
    }
  })
  const abortedTransactions = aborted.map(([producerId, first]) => ({
    producerId,
    firstOffset: String(first),
  }))
  return { messages, abortedTransactions }
}

function handedOn(partition: FetchedPartition): number[] {
  hideAborted(partition)
  return partition.messages
    .filter((one) => !one.isControlRecord)
    .map(({ offset }) => Number(offset))
}

test('what no transaction aborted is handed on', () => {
  expect(handedOn(given('a - b !a - !b', []))).toEqual([0, 1, 2, 4])
})

test('an aborted transaction is not, and what its producer says after it is', () => {
  expect(handedOn(given('a - a !a a !a -', [['a', 0]]))).toEqual([1, 4, 6])
})

test('of two at a time none is, in whatever order the broker names them', () => {
  const both: [string, number][] = [
    ['b', 1],
    ['a', 0],
  ]
  expect(handedOn(given('a b a !b - a !a', both))).toEqual([4])
  expect(handedOn(given('a b a !b - a !a', both.reverse()))).toEqual([4])
})

test('several that began before what was fetched are all known at its first record', () => {
  const fetched = given('a b a b !a !b a', [
    ['b', 0],
    ['a', 0],
  ])
  fetched.messages.splice(0, 2)
  expect(handedOn(fetched)).toEqual([6])
})

test('a record under the key of an end does not end its transaction', () => {
  const fetched = given('a a a !a', [['a', 0]])
  for (const message of fetched.messages) message.key = END
  expect(handedOn(fetched)).toEqual([])
})
