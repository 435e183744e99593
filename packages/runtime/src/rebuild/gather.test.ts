import { topicFor } from '@prooftrail/contracts'
import { expect, test } from 'vitest'
import { MessageOrigin } from '../consumer/read-message.ts'
import { messageId, sourceOf } from '../message.ts'
import { jsonCodec } from '../rounds/fake-round.fixtures.ts'
import { funding, makeToy } from '../rounds/toy.fixtures.ts'
import { Gathered } from './gather.ts'

const codec = jsonCodec()
const FUNDING = topicFor('funding.received')
const PARKED = topicFor('parked')
const DECIDED = topicFor('parked.decided')

function origin(topic: string, key: string, value: Buffer, headers: Record<string, string> = {}) {
  const named = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])
  return new MessageOrigin(topic, 0, {
    ...{ key: Buffer.from(key), value, headers: Object.fromEntries(named) },
    ...{ offset: '0', timestamp: '1', attributes: 0 },
  } as ConstructorParameters<typeof MessageOrigin>[2])
}

test('what people gave up is no input of a document that is made again, and blocks nothing', async () => {
  const own = { read: [FUNDING], said: [PARKED, DECIDED] }
  const share = { isOfShare: () => true, committed: new Map([[`${FUNDING}/0`, 9n]]), own }
  const toy = { ...makeToy(), says: ['settlement-receipt.issued' as const] }
  const gathered = new Gathered(codec, toy, {}, share)
  const [first, second] = ['throw 1', 'throw 2'].map((reference) => {
    const value = codec.encode('funding.received', funding('a', reference))
    return { value, id: messageId(FUNDING, 'a', value) }
  })
  if (!first || !second) throw new Error('two were made')
  for (const { value, id } of [first, second]) {
    await gathered.take(origin(FUNDING, 'a', value))
    const parked = { service: 'toy', reason_code: 'PT-9005', document: 'a', partition: 0 }
    const bytes = Buffer.concat([Buffer.alloc(5), Buffer.from(JSON.stringify(parked))])
    const headers = { ce_source: sourceOf('toy'), ce_causationid: id }
    await gathered.take(origin(PARKED, 'a', bytes, headers))
  }
  expect(gathered.parkedOf('a', [])).toEqual([first.id, second.id])

  const decided = { act: 'discard', service: 'toy', document: 'a', input: first.id }
  for (const one of [decided, { ...decided, service: 'other', input: second.id }]) {
    const bytes = Buffer.concat([Buffer.alloc(5), Buffer.from(JSON.stringify(one))])
    await gathered.take(origin(DECIDED, 'pm_1', bytes))
  }
  expect(gathered.parkedOf('a', [])).toEqual([second.id])
  expect(gathered.givenUpOf('a')).toEqual([first.id])
  expect(gathered.entries().get('a')).toMatchObject([{ cause: second.id }])
})
