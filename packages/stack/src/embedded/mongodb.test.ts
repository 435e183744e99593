import { expect, test } from 'vitest'
import { chooseMongoBackend } from './mongodb.ts'

test.each([
  ['a real mongod is taken if there is one', { mongodOnPath: true, hasH2Data: false }, 'mongod'],
  ['the stand-in is taken if there is none', { mongodOnPath: false, hasH2Data: false }, 'h2'],
  [
    'documents stay where they are when a mongod is installed later',
    { mongodOnPath: true, hasH2Data: true },
    'h2',
  ],
  [
    'what was asked for is taken',
    { mongodOnPath: true, hasH2Data: true, requested: 'memory' as const },
    'memory',
  ],
])('%s', (_, found, backend) => {
  expect(chooseMongoBackend({ requested: undefined, ...found })).toBe(backend)
})
