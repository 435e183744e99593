import { expect, test } from 'vitest'
import { kindOfFile } from './files.ts'

test.each([
  ['a.json', '{"format":"prooftrail-bundle/v1","links":[]}', 'trail'],
  ['renamed.txt', '{"keys":[]}', 'keys'],
  ['run.trail.json', '{"format":"prooftrail-bun', 'trail'],
  ['keys.json', 'not json', 'keys'],
  ['notes.txt', 'hello', undefined],
  ['numbers.json', '[1]', undefined],
])('%s that says %s is %s', (name, text, kind) => {
  expect(kindOfFile(name, text)).toBe(kind)
})
