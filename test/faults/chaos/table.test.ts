import { expect, test } from 'vitest'
import { aligned } from './table.ts'

test('columns line up, and a group is named once', () => {
  const text = aligned([
    ['course', 'seed 1, 60 s', '0a1b2c3d4e5f', 'doings 14'],
    ['orders', 'tokenops', 1_234],
    ['orders', 'energyops', 7, 'of them 2'],
    ['books', 'lost', 0],
  ])
  expect(text.split('\n')).toEqual([
    'course  seed 1, 60 s  0a1b2c3d4e5f  doings 14',
    'orders  tokenops      1,234',
    '        energyops         7  of them 2',
    'books   lost              0',
    '',
  ])
})
