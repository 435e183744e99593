import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeAgent, type Overrides, type SignedOrder } from '../../toolkit/agent.ts'
import { type Place, type RegisteredAgent, startWorld, type TestWorld } from '../../world.ts'
import {
  changedAfterSigning,
  evidenceOf,
  following,
  forged,
  forgedUnderItsKey,
  inHours,
  withBrokenSignature,
  withEvidenceText,
} from './messages.ts'

let world: TestWorld
let agent: RegisteredAgent
let frame: Buffer
let otherFrame: Buffer
/** Waits of 30 s that the product promises; they run beside the other tests. */
let waits: { unknownAgent: [SignedOrder, Place]; unknownTools: SignedOrder[] }

beforeAll(async () => {
  world = await startWorld()
  agent = await world.newAgent('bad')
  const stranger = makeAgent('stranger', agent.callbacks.url).order()
  const unknownTool = () =>
    agent.order({
      requested_tool: 'astrologyops',
      proof_requirements: undefined,
      workflow_context: undefined,
    })
  const [byTopic, byDoor] = [unknownTool(), unknownTool()]
  waits = {
    unknownAgent: [stranger, await world.publish(stranger)],
    unknownTools: [byTopic, byDoor],
  }
  await world.publish(byTopic)
  expect((await world.post(byDoor)).status).toBe(202)
  frame = world.codec.encode('work-order.submitted', agent.order()).subarray(0, 5)
  await world.codec.ready(['parked'])
  otherFrame = world.codec.encode('parked', PARKED).subarray(0, 5)
}, 120_000)
afterAll(() => world?.stop())

describe('given an order on the topic that is nobody’s word', () => {
  const cases: readonly [string, string, (agent: RegisteredAgent) => SignedOrder][] = [
    ['a broken signature', 'PT-1005', withBrokenSignature],
    ['a body changed after signing', 'PT-1005', changedAfterSigning],
    ['the key of somebody else', 'PT-1004', forged],
    ['the signature of somebody else under the agent’s key id', 'PT-1005', forgedUnderItsKey],
    ['links that it follows', 'PT-1007', following],
    [
      'an id that is not derived',
      'PT-1002',
      (a) => a.order({ work_order_id: `wo_${'a'.repeat(32)}` }),
    ],
    ['another object type', 'PT-1013', (a) => a.order({ object_type: 'purchase_order' })],
    [
      'an id of another trail',
      'PT-1011',
      (a) => a.order({ workflow_context: { receipt_id: 'usage_1' } }),
    ],
    ['a time of signing in the future', 'PT-1012', (a) => a.order({ issued_at: inHours(1) })],
    ['a time of signing before its key', 'PT-1006', (a) => a.order({ issued_at: inHours(-100) })],
  ]
  /** What the door's schema finds first. */
  const atTheDoor: Readonly<Record<string, string>> = { 'PT-1013': 'PT-1020' }

  test.concurrent.for(cases)(
    'by %s, then it is parked as %s with its bytes',
    async ([, code, make]) => {
      const order = make(agent)
      const place = await world.publish(order)
      const parked = await world.parked(place)
      expect(parked).toMatchObject({ service: 'intake', reason_code: code })
      const bytes = world.codec.encode('work-order.submitted', order)
      expect(parked.value).toBe(bytes.toString('base64'))
      expect(await statusOf(order)).toBe(404)
    },
  )

  test.concurrent.for(cases)(
    'by %s at the HTTP door, then it is answered with %s and claims nothing',
    async ([, code, make]) => {
      const order = make(agent)
      const { status, body } = await world.post(order)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
      expect(body).toMatchObject({ status, code: atTheDoor[code] ?? code })
      expect(await statusOf(order)).toBe(404)
    },
  )

  test.concurrent('by a key that is not its id, then it is parked as PT-1001', async () => {
    const order = agent.order()
    const parked = await world.parked(await world.publish(order, 'wo_somebody_else'))
    expect(parked.reason_code).toBe('PT-1001')
  })

  test.concurrent('then the id stays free for its owner, who succeeds with it', async () => {
    const owner = await world.newAgent('owner')
    const genuine = owner.order()
    const thief = makeAgent('thief', owner.callbacks.url)
    const stolen = thief.sign(genuine.object)
    expect((await world.parked(await world.publish(stolen))).reason_code).toBe('PT-1004')
    expect((await world.post(stolen)).status).toBe(403)
    await world.publish(genuine)
    const trail = await world.trailOf(genuine.object.work_order_id)
    expect(trail.verdict.verdict).toBe('ready')
    expect(trail.object('work_order')).toEqual(genuine.object)
  })
})

describe('given an order of a known agent that asks for what it cannot have', () => {
  const cases: readonly (readonly [string, string, Overrides])[] = [
    ['an unknown capability', 'PT-1025', { requested_capability: 'wallet_custody' }],
    ['an unknown schema version', 'PT-1021', { schema_version: 'prooftrail-work-order/v9' }],
    // no mode of the closed list, as an agent without our types may send it
    ['an unknown mode', 'PT-1020', { execution_mode: 'at_once' as 'standard' }],
    ['no evidence', 'PT-1028', { evidence: {} }],
    [
      'malformed evidence',
      'PT-1026',
      { evidence: { settlement_reference: { note: 'no reference' } } },
    ],
    ['evidence that is a text', 'PT-1026', { evidence: 'all of it' }],
    [
      'an unknown class of evidence',
      'PT-1027',
      { evidence: { settlement_reference: { reference: 'INV-1' }, horoscope: { reference: 'x' } } },
    ],
    ['a time that is over', 'PT-1032', { expires_at: inHours(-1) }],
    ['other proof', 'PT-1031', { proof_requirements: ['work_order'] }],
    [
      'no callback address',
      'PT-1030',
      { callback_url: undefined, callback_policy: 'callback_required' },
    ],
    ['1.6 MB of evidence', 'PT-1009', { evidence: evidenceOf(1_600_000) }],
    ['2 MB of evidence', 'PT-1009', { evidence: evidenceOf(2_000_000) }],
  ]
  /** What the door answers at once; everything else it takes, and the refusal is provable. */
  const atOnce = new Map<string, string>([
    ['an unknown schema version', 'PT-1021'],
    ['an unknown mode', 'PT-1020'],
    ['evidence that is a text', 'PT-1020'],
    ['1.6 MB of evidence', 'PT-1009'],
    ['2 MB of evidence', 'PT-1009'],
  ])

  test.concurrent.for(cases)('with %s, then its refusal is provable and says %s', async (given) => {
    const [, code, overrides] = given
    const order = agent.order(overrides)
    await world.publish(order)
    const trail = await world.trailOf(order.object.work_order_id)
    expect(trail.verdict.verdict).toBe('refused')
    expect(trail.object('intake_decision')).toMatchObject({
      reason_codes: expect.arrayContaining([code]),
    })
  })

  test.concurrent.for(cases)('with %s at the HTTP door, then the answer says %s', async (given) => {
    const [what, code, overrides] = given
    const order = agent.order(overrides)
    const { status, body } = await world.post(order)
    const answer = atOnce.get(what)
    if (answer !== undefined) {
      expect(body).toMatchObject({ status: answer === 'PT-1009' ? 413 : 400, code: answer })
      return
    }
    expect(status).toBe(202)
    const trail = await world.trailOf(order.object.work_order_id)
    expect(trail.verdict.verdict).toBe('refused')
    expect(trail.object('intake_decision')).toMatchObject({
      reason_codes: expect.arrayContaining([code]),
    })
  })

  test.concurrent('of a tool that its registration does not name, then PT-1024', async () => {
    const narrow = await world.newAgent('narrow', { tools: ['energyops'], credits: 0 })
    const order = narrow.order()
    await world.publish(order)
    const trail = await world.trailOf(order.object.work_order_id)
    expect(trail.object('intake_decision')).toMatchObject({ reason_codes: ['PT-1024'] })
  })

  test.concurrent('with the id of another order of its own, then the first one stands', async () => {
    const first = agent.order()
    const { idempotency_key, work_order_id } = first.object
    await world.publish(first)
    const trail = await world.trailOf(work_order_id)
    const digest = trail.bundle.links[0]?.digest
    const other = agent.order({ idempotency_key, requested_capability: 'token_operations' })
    const parked = await world.parked(await world.publish(other))
    expect(parked).toMatchObject({ reason_code: 'PT-1008', first_digest: digest })
    expect(await world.post(other)).toMatchObject({
      status: 409,
      body: { code: 'PT-1008', first_digest: digest },
    })
    expect((await world.trailOf(work_order_id)).bundle.links).toEqual(trail.bundle.links)
  })
})

describe('given bytes on the topic that are no order', () => {
  const bytes = () => world.codec.encode('work-order.submitted', agent.order())
  const unknownId = Buffer.from([0, 0x7f, 0xff, 0xff, 0xfe])
  const cases: readonly [string, string, () => Buffer | null][] = [
    ['an empty value', 'PT-9001', () => Buffer.alloc(0)],
    ['no value at all', 'PT-9001', () => null],
    ['JSON', 'PT-9001', () => Buffer.from(JSON.stringify(agent.order()))],
    ['another magic byte', 'PT-9001', () => Buffer.concat([Buffer.from([1]), bytes().subarray(1)])],
    [
      'a schema id that nobody gave out',
      'PT-9002',
      () => Buffer.concat([unknownId, bytes().subarray(5)]),
    ],
    ['the schema id of another topic', 'PT-9003', () => world.codec.encode('parked', PARKED)],
    [
      'an order under a foreign schema id',
      'PT-9003',
      () => Buffer.concat([otherFrame, bytes().subarray(5)]),
    ],
    ['a value cut short', 'PT-9004', () => bytes().subarray(0, 200)],
    ['bytes after the value', 'PT-9004', () => Buffer.concat([bytes(), Buffer.from('more')])],
    ['noise behind a good frame', 'PT-9004', () => Buffer.concat([frame, Buffer.alloc(300, 0xfd)])],
    [
      'null in evidence',
      'PT-9004',
      () => withEvidenceText(agent.order(), '{"settlement_reference":null}', frame),
    ],
    [
      'a key twice in evidence',
      'PT-9004',
      () => withEvidenceText(agent.order(), '{"a":1,"a":2}', frame),
    ],
    [
      'a huge integer in evidence',
      'PT-9004',
      () => withEvidenceText(agent.order(), '{"a":9007199254740993}', frame),
    ],
    ['evidence that is no JSON', 'PT-9004', () => withEvidenceText(agent.order(), '{"a":', frame)],
  ]

  test.concurrent.for(cases)(
    'but %s, then they are parked as %s as they are',
    async ([, code, make]) => {
      const value = make()
      const place = await world.publishRaw({ key: 'anything', value, headers: { from: 'a test' } })
      const parked = await world.parked(place)
      expect(parked).toMatchObject({
        service: 'intake',
        reason_code: code,
        ...(value && value.length > 0 ? { value: value.toString('base64') } : {}),
        headers: { from: Buffer.from('a test').toString('base64') },
      })
    },
  )
})

describe('given bytes on the topic under headers that nobody expects', () => {
  test.concurrent.for<[string, readonly string[]]>([
    ['names that every object has', ['constructor', 'toString', '__proto__', 'hasOwnProperty']],
    ['50,000 names', Array.from({ length: 50_000 }, (_, i) => `h${i}`)],
  ])('with %s, then they are parked with them', async ([, names]) => {
    const headers = Object.fromEntries(names.map((name) => [name, 'x']))
    const place = await world.publishRaw({ key: null, value: Buffer.from('noise'), headers })
    const parked = await world.parked(place)
    expect(parked).toMatchObject({ reason_code: 'PT-9001', value: 'bm9pc2U=' })
    expect(Object.keys(parked.headers)).toHaveLength(names.length)
  })
})

describe('given a body at the HTTP door', () => {
  const text = (change: (text: string) => string) => () => change(JSON.stringify(agent.order()))
  // whoever did not sign what came is told that, and not what else is wrong with it
  const cases: readonly [string, number, string, () => SignedOrder | string][] = [
    ['that is empty', 400, 'PT-1010', () => ''],
    ['that is no JSON', 400, 'PT-1010', () => '{"object":'],
    ['that is a list', 400, 'PT-1010', () => '[]'],
    ['with null', 400, 'PT-1007', text((t) => t.replace('"after":[]', '"after":null'))],
    [
      'with null in evidence',
      403,
      'PT-1005',
      text((t) => t.replace('"evidence":{', '"evidence":{"a":null,')),
    ],
    ['with a key twice', 400, 'PT-1010', text((t) => t.replace('{', '{"after":[],'))],
    [
      'with a huge integer',
      403,
      'PT-1005',
      text((t) => t.replace('"evidence":{', '"evidence":{"a":9007199254740993,')),
    ],
    [
      'with a number that is not finite',
      403,
      'PT-1005',
      text((t) => t.replace('"evidence":{', '"evidence":{"a":1e999,')),
    ],
    [
      'with a lone surrogate',
      403,
      'PT-1005',
      text((t) => t.replace('"evidence":{', '"evidence":{"a":"\\ud800",')),
    ],
    ['with a member too much', 400, 'PT-1010', text((t) => t.replace('{', '{"urgent":true,'))],
    [
      'with a member too much in the order',
      403,
      'PT-1005',
      text((t) => t.replace('"object":{', '"object":{"urgent":true,')),
    ],
    ['of an unknown schema version', 400, 'PT-1021', () => agent.order({ schema_version: 'v9' })],
    [
      'of an id that is not derived',
      400,
      'PT-1002',
      () => agent.order({ work_order_id: `wo_${'a'.repeat(32)}` }),
    ],
    [
      'of an agent that nobody knows',
      403,
      'PT-1003',
      () => makeAgent('stranger', agent.callbacks.url).order(),
    ],
    ['signed by somebody else', 403, 'PT-1004', () => forged(agent)],
    [
      'signed by somebody else under the agent’s key id',
      403,
      'PT-1005',
      () => forgedUnderItsKey(agent),
    ],
    ['with a broken signature', 403, 'PT-1005', () => withBrokenSignature(agent)],
    ['changed after signing', 403, 'PT-1005', () => changedAfterSigning(agent)],
    ['signed in the future', 403, 'PT-1012', () => agent.order({ issued_at: inHours(1) })],
    ['of 1.6 MB', 413, 'PT-1009', () => agent.order({ evidence: evidenceOf(1_600_000) })],
    ['of more than 2 MB', 413, 'PT-1009', () => agent.order({ evidence: evidenceOf(2_200_000) })],
  ]

  test.concurrent.for(cases)('%s, then it is answered %i %s', async ([, status, code, make]) => {
    const answer = await world.post(make())
    expect(answer).toMatchObject({ status, body: { code, status } })
  })

  test.concurrent('that asks for what it cannot have, then it is taken, and refused provably', async () => {
    const order = agent.order({ callback_url: 'https://192.168.1.1/', requested_capability: 'x' })
    expect((await world.post(order)).status).toBe(202)
    const trail = await world.trailOf(order.object.work_order_id)
    expect(trail.object('intake_decision')).toMatchObject({
      reason_codes: expect.arrayContaining(['PT-1025', 'PT-1029']),
    })
  })
})

describe('given an order that names who is not registered, 30 s later', () => {
  test('of an agent that nobody knows, then it is parked as PT-1003 after 30 s', async () => {
    const [order, place] = waits.unknownAgent
    const parked = await world.parked(place, 60_000)
    expect(parked).toMatchObject({ reason_code: 'PT-1003' })
    expect(await statusOf(order)).toBe(404)
    const said = world.heard('parked').find(({ value }) => value === parked)
    const waited = Date.parse(said?.at ?? '') - Date.parse(parked.first_time)
    expect(waited).toBeGreaterThanOrEqual(29_000)
  }, 90_000)

  test('of a tool that nobody knows, then it is refused as PT-1022 after 30 s, by either door', async () => {
    for (const { object } of waits.unknownTools) {
      const { work_order_id: id } = object
      await world.until('refusal', () => world.heard('work-order.rejected', id)[0], 60_000)
      const trail = await world.trailOf(id)
      expect(trail.object('intake_decision')).toMatchObject({ reason_codes: ['PT-1022'] })
    }
  }, 120_000)
})

describe('given all that', () => {
  test('then no partition is blocked: an order on each of them goes through', async () => {
    const places = new Map<number, string>()
    await world.until('an order on every partition', async () => {
      const order = agent.order()
      const { partition } = await world.publish(order)
      places.set(partition, order.object.work_order_id)
      return places.size === 4 || undefined
    })
    for (const id of places.values()) {
      expect((await world.trailOf(id)).verdict.verdict).toBe('ready')
    }
  }, 90_000)
})

async function statusOf({ object }: SignedOrder): Promise<number> {
  return (await world.get('intake', `/v1/work-orders/${object.work_order_id}`)).status
}

const PARKED = {
  ...{ service: 'test', reason_code: 'PT-9005', detail: 'of another topic', topic: 'none' },
  ...{ partition: 0, offset: '0', headers: {}, first_time: inHours(0), attempts: 1 },
}
