import { expect, test } from 'vitest'
import { mongodDialect } from './dialect.ts'
import { freshDoc, type Raw, toRaw } from './document.ts'
import { standInDialect } from './stand-in-dialect.ts'

const published = [
  { id: 'a', version: 1, saveId: 's1' },
  { id: 'b', version: 4, saveId: 's2' },
  { id: 'c', version: 2, saveId: 's1' },
]

test('given published outboxes, then MongoDB finds them by the saves that filled them', () => {
  expect(mongodDialect.filled(published)).toEqual([
    { _id: { $in: ['a', 'c'] }, outbox_at: 's1' },
    { _id: { $in: ['b'] }, outbox_at: 's2' },
  ])
})

test('given published outboxes, then the stand-in finds them by one member', () => {
  expect(standInDialect.filled(published)).toEqual([{ cas: { $in: ['a@1', 'b@4', 'c@2'] } }])
})

test('given a document without a unique member, then the stand-in gets one of its own, and only it', () => {
  const raw = (): Raw => toRaw(freshDoc('a', {}), 's1', {})
  const unique = [{ name: 'token', key: { 'ix.token': 1 as const }, unique: true }]
  const [onStandIn, onMongod] = [raw(), raw()]
  standInDialect.complete(onStandIn, unique)
  mongodDialect.complete(onMongod, unique)
  expect(onStandIn).toMatchObject({ cas: 'a@1', ix: { token: 'none/a' } })
  expect(onMongod).toEqual(raw())
})
