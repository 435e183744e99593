import fc from 'fast-check'
import type { Agent, SignedOrder } from '../../toolkit/agent.ts'
import type { TestWorld } from '../../world.ts'

/** A message for the intake topic, and the id under which it may be decided. */
export interface FuzzedMessage {
  id: string
  key: string | Buffer | null
  value: Buffer
  headers: Record<string, Buffer>
}

/** What happens to bytes. */
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

/** An order of the agent, well-signed or not, with its bytes or members changed. */
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

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })

/** Mostly the order's own id; what else a producer may take for a key. */
const key = fc.oneof(
  { weight: 8, arbitrary: fc.constant('id' as const) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: bytes(40) },
)

/** Names that objects have already are among them. */
const header = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('__proto__', 'constructor', 'toString', 'traceparent', 'ce_id', ''),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    bytes(40),
  )
  .map(([name, value]): [string, Buffer] => [name, Buffer.from(value)])

const headers = fc.oneof(
  { weight: 3, arbitrary: fc.constant<[string, Buffer][]>([]) },
  { weight: 1, arbitrary: fc.array(header, { maxLength: 5 }) },
)

const sent = fc.record({ order: fuzzed, key, headers })

type ValueOf<A> = A extends fc.Arbitrary<infer T> ? T : never
type Mutation = ValueOf<typeof mutation>

interface Draw {
  count: number
  seed: number
}

/** Messages as anybody may write them to the topic; the same changes for the same seed. */
export function fuzzedMessages(
  codec: TestWorld['codec'],
  agent: Agent,
  { count, seed }: Draw,
): FuzzedMessage[] {
  return fc
    .sample(sent, { numRuns: count, seed })
    .map(({ order: one, key: drawn, headers: all }) => {
      const order = 'members' in one ? signable(codec, agent, one.members) : agent.order()
      const { work_order_id: id } = order.object
      const encoded = codec.encode('work-order.submitted', order)
      return {
        id,
        key: drawn === 'id' ? id : drawn && Buffer.from(drawn),
        value: 'bytes' in one ? one.bytes.reduce(mutate, encoded) : encoded,
        headers: Object.fromEntries(all),
      }
    })
}

/** Bodies as anybody may send them to the HTTP door, with the id of the order that they were. */
export function fuzzedBodies(
  codec: TestWorld['codec'],
  agent: Agent,
  { count, seed }: Draw,
): { id: string; body: Buffer }[] {
  return fc.sample(fuzzed, { numRuns: count, seed }).map((one) => {
    const order = 'members' in one ? signable(codec, agent, one.members) : agent.order()
    const bytes = Buffer.from(JSON.stringify(order))
    const body = 'bytes' in one ? one.bytes.reduce(mutate, bytes) : bytes
    return { id: order.object.work_order_id, body }
  })
}

/** An order with these members that its own producer can sign and encode. */
function signable(
  codec: TestWorld['codec'],
  agent: Agent,
  members: Record<string, unknown>,
): SignedOrder {
  try {
    const order = agent.order({ expires_at: IN_TIME, ...asJson(members) })
    codec.encode('work-order.submitted', order)
    return order
  } catch {
    // the agent's own tools refuse it already: its sender never comes so far
    return agent.order({ evidence: {} })
  }
}

const IN_TIME = '2099-01-01T00:00:00.000Z'

/** The same with values that the JSON form of an object has: no null, no number beyond it. */
function asJson(members: Record<string, unknown>): Record<string, never> {
  return JSON.parse(JSON.stringify(members), (key, value) => {
    if (key === '__proto__') return undefined
    if (typeof value === 'number') return Number.isSafeInteger(value) ? value + 0 : value % 1_000
    return value ?? 'null'
  })
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
