import { randomBytes } from 'node:crypto'
import { type TopicName, topicFor } from '@prooftrail/contracts'
import { expect } from 'vitest'
import { placeOf } from '../books.ts'
import type { Scenario } from '../scenario.ts'

/** Bytes that no reader of these topics can read. */
const POISONED: readonly [topic: TopicName, tool: string | undefined][] = [
  ['work-order.submitted', undefined],
  ['execution.commanded', 'tokenops'],
  ['execution.commanded', 'energyops'],
  ['execution.commanded', 'financeops'],
]
const EACH = 4

export const poison: Scenario = {
  promise: 'a message that nobody can read is parked with its bytes, and stops nobody else’s',
  async run({ world, traffic, journal, expectedParked }) {
    const before = traffic.send(12)
    const bad = POISONED.flatMap(([name, tool]) =>
      Array.from({ length: EACH }, (_, partition) => ({ topic: topicFor(name, tool), partition })),
    )
    const places = await Promise.all(
      bad.map(async ({ topic, partition }) => {
        const value = randomBytes(64)
        const messages = [{ key: `poison-${partition}`, value, partition }]
        const [put] = await world.producer.send({ topic, acks: -1, messages })
        const place = { topic, partition, offset: put?.baseOffset ?? '' }
        expectedParked.add(placeOf(place))
        return { place, value: value.toString('base64') }
      }),
    )
    const after = traffic.send(12)
    for (const { place, value } of places) {
      const parked = await world.parked(place)
      expect({ value: parked.value, attempts: parked.attempts }).toEqual({ value, attempts: 1 })
    }
    const when = `${EACH} on each of ${POISONED.length} topics`
    const open = traffic.open()
    journal.fault({ during: 'poison', what: 'unreadable bytes', who: 'broker', when, open })
    await traffic.allSealed([...(await before), ...(await after)])
  },
}
