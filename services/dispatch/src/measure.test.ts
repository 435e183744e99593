import { expect, test } from 'vitest'
import { makeSilences } from './measure.ts'

test('a tool is silent from its first command that nothing followed', () => {
  let now = 0
  const silences = makeSilences(() => now)
  silences.commanded('tokenops')
  now = 4_000
  silences.commanded('tokenops')
  expect(silences.seconds()).toEqual([{ tool: 'tokenops', seconds: 4 }])
  silences.heard('tokenops')
  expect(silences.seconds()).toEqual([{ tool: 'tokenops', seconds: 0 }])
  now = 9_000
  silences.commanded('tokenops')
  now = 10_000
  expect(silences.seconds()).toEqual([{ tool: 'tokenops', seconds: 1 }])
})
