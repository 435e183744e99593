import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { readCodeTables } from '../../../packages/contracts/codegen/errors-page.ts'
import type { TestWorld } from '../../world.ts'
import { type Answer, answersTo, decisions, postAll, publishAll, tally } from './answers.ts'
import { fuzzedBodies, fuzzedMessages } from './fuzzed.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const PARTITIONS = 4

/** A message that keeps failing, and what waits behind it: what bad input must never come to. */
const DEFECTS = ['PT-9005', 'PT-9006']

interface Drawn {
  messages: number
  bodies: number
  seed: number
  patienceMs: number
}

/**
 * Publishes fuzzed messages and posts fuzzed bodies: each has exactly one answer with codes of the
 * page, what is parked has its bytes, and afterwards an order on each partition is sealed as ready.
 * @returns how often each answer was given
 */
export async function expectAnswers(
  world: TestWorld,
  { messages, bodies, seed, patienceMs }: Drawn,
): Promise<Record<string, number>> {
  const agent = await world.newAgent('fuzz')
  const drawn = fuzzedMessages(world.codec, agent, { count: messages, seed })
  const sent = fuzzedBodies(world.codec, agent, { count: bodies, seed: seed + 1 })
  const [published, replies] = await Promise.all([
    publishAll(world, drawn),
    postAll(
      world,
      sent.map(({ body }) => body),
    ),
  ])
  const atDoor = () => {
    const decided = decisions(world)
    return sent.map(({ id }, i): Answer[] => {
      const { status = 0, code = '' } = replies[i] ?? {}
      return status === 202 ? (decided.get(id) ?? []) : [{ said: 'problem', codes: [code] }]
    })
  }
  const all = () => [...answersTo(world, published), ...atDoor()]
  await world
    .until(
      'answer to everything',
      () => all().every(({ length }) => length > 0) || undefined,
      patienceMs,
    )
    // which ones are missing is told below
    .catch(() => undefined)
  const answers = all()
  expect(answers).toHaveLength(messages + bodies)
  expect([...published, ...sent].filter((_, i) => answers[i]?.length !== 1).slice(0, 5)).toEqual([])
  expect(replies.filter(({ status }) => status !== 202 && (status < 400 || status > 499))).toEqual(
    [],
  )

  const given = answers.flat()
  const known = (await readCodeTables(ROOT)).flatMap(({ codes }) => [...codes.keys()])
  const unlike = given.filter(
    ({ said, codes }) =>
      (codes.length === 0) !== (said === 'work-order.accepted') ||
      codes.some((code) => !known.includes(code) || DEFECTS.includes(code)),
  )
  expect(unlike).toEqual([])
  const lost = published.filter(({ value }, i) => {
    const [answer] = answers[i] ?? []
    return answer?.said === 'parked' && (answer.kept ?? '') !== value.toString('base64')
  })
  expect(lost).toEqual([])

  const orders = Array.from({ length: PARTITIONS }, () => agent.order())
  await Promise.all(
    orders.map((order, partition) =>
      world.producer.send({
        topic: published[0]?.place.topic ?? '',
        messages: [
          {
            key: order.object.work_order_id,
            value: world.codec.encode('work-order.submitted', order),
            partition,
          },
        ],
      }),
    ),
  )
  for (const { object } of orders) {
    expect((await world.trailOf(object.work_order_id)).verdict.verdict).toBe('ready')
  }
  return tally(given)
}
