import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SignedOrder } from '../../toolkit/agent.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../../world.ts'

/** Messages; each has an answer. FUZZ_MESSAGES and FUZZ_SEED draw more, or others. */
const MESSAGES = setting('FUZZ_MESSAGES', 500)
const SEED = setting('FUZZ_SEED', 20_261)
/** An unknown agent or tool waits 30 s for its registration. */
const PATIENCE_MS = 60_000 + MESSAGES * 20

let world: TestWorld
let agent: RegisteredAgent
beforeAll(async () => {
  world = await startWorld()
  agent = await world.newAgent('fuzz')
})
afterAll(() => world?.stop())

interface Message {
  key: string
  value: Buffer
}

/** What happens to the bytes of a message. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }),
  }),
  fc.record({
    kind: fc.constant('overwrite' as const),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }),
  }),
  fc.record({ kind: fc.constant('noise' as const), bytes: fc.uint8Array({ maxLength: 200 }) }),
)

/** A message: an order of the agent, well-signed or not, with its bytes or members changed. */
const fuzzed = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(mutation, { minLength: 1, maxLength: 3 }).map((all) => ({ bytes: all })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record(
        {
          requested_tool: fc.string({ unit: 'binary', maxLength: 300 }),
          requested_capability: fc.string({ unit: 'binary', maxLength: 300 }),
          execution_mode: fc.string(),
          schema_version: fc.string(),
          callback_url: fc.oneof(fc.webUrl(), fc.string()),
          callback_policy: fc.string(),
          evidence: fc.jsonValue({ maxDepth: 5, noUnicodeString: false }),
          workflow_context: fc.jsonValue({ maxDepth: 5 }),
          issued_at: fc.oneof(fc.string(), fc.date({ noInvalidDate: true }).map(String)),
          expires_at: fc.string(),
          pilot_id: fc.string(),
        },
        { requiredKeys: [] },
      )
      .map((members) => ({ members })),
  },
)

type ValueOf<A> = A extends fc.Arbitrary<infer T> ? T : never
type Fuzzed = ValueOf<typeof fuzzed>
type Mutation = ValueOf<typeof mutation>

describe('given fuzzed messages on the intake topic', () => {
  test(
    `then ${MESSAGES} messages have ${MESSAGES} answers and orders go on`,
    async () => {
      const drawn = fc.sample(fuzzed, { numRuns: MESSAGES, seed: SEED })
      const messages = drawn.map(messageOf)
      const places = await Promise.all(messages.map(({ message }) => world.publishRaw(message)))
      const parked = () =>
        new Set(
          world
            .heard('parked')
            .filter(({ value }) => value.topic === 'prooftrail.work-order.submitted.v1')
            .map(({ value }) => `${value.partition}/${value.offset}`),
        )
      const unanswered = () => {
        const aside = parked()
        const decided = new Set(
          [...world.heard('work-order.accepted'), ...world.heard('work-order.rejected')].map(
            ({ key }) => key,
          ),
        )
        return places.filter(({ partition, offset }, i) => {
          return !aside.has(`${partition}/${offset}`) && !decided.has(messages[i]?.id ?? '')
        })
      }
      await world
        .until('answer to every message', () => unanswered().length === 0 || undefined, PATIENCE_MS)
        .catch(() => undefined)
      expect(unanswered().slice(0, 5)).toEqual([])

      const order = agent.order()
      await world.publish(order)
      expect((await world.trailOf(order.object.work_order_id)).verdict.verdict).toBe('ready')
    },
    PATIENCE_MS + 60_000,
  )
})

function messageOf(one: Fuzzed): { id: string; message: Message } {
  const order = 'members' in one ? signable(one.members) : agent.order()
  const { work_order_id } = order.object
  const bytes = world.codec.encode('work-order.submitted', order)
  const value = 'bytes' in one ? one.bytes.reduce(mutate, bytes) : bytes
  return { id: work_order_id, message: { key: work_order_id, value } }
}

/** An order with these members; what no JSON form holds (null) is left out. */
function signable(members: Record<string, unknown>): SignedOrder {
  const kept = JSON.parse(JSON.stringify(members), (_, value) => value ?? undefined)
  try {
    const order = agent.order(kept)
    world.codec.encode('work-order.submitted', order)
    return order
  } catch {
    // the agent's own tools refuse it already: its sender never comes so far
    return agent.order({ evidence: {} })
  }
}

function mutate(bytes: Buffer, how: Mutation): Buffer {
  const at = 'at' in how ? how.at % (bytes.length + 1) : 0
  const changed = Buffer.from(bytes)
  switch (how.kind) {
    case 'flip':
      if (at < changed.length) changed.writeUInt8(changed.readUInt8(at) ^ (1 << how.bit), at)
      return changed
    case 'cut':
      return changed.subarray(0, at)
    case 'insert':
      return Buffer.concat([changed.subarray(0, at), how.bytes, changed.subarray(at)])
    case 'overwrite':
      changed.set(how.bytes.subarray(0, changed.length - at), at)
      return changed
    case 'noise':
      return Buffer.from(how.bytes)
  }
}

function setting(name: string, fallback: number): number {
  return Number(process.env[name] ?? fallback)
}
