import { equip } from '@prooftrail/runtime'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { contextAt, keyFor, receiptInput } from './callback.fixtures.ts'
import type { Deliver } from './deliver.ts'
import { GAPS_MS } from './schedule.ts'
import { callback, makeTools } from './service.ts'
import { agentSecret } from './sign.ts'
import type { CallbackInput, State } from './state.ts'

const master = Buffer.alloc(32, 7)
const { addresses, key } = contextAt()

/** The service over a receiver that answers with these statuses, one after the other. */
function serviceWith(...statuses: number[]) {
  const bodies: string[] = []
  const deliver: Deliver = {
    post: async (_url, headers, body) => {
      new Webhook(agentSecret(master, 'agent-a', 1)).verify(body, headers)
      bodies.push(body)
      return { kind: 'answered', http_status: statuses.shift() ?? 500, address: '192.0.2.1' }
    },
    close: async () => {},
  }
  const settings = {
    ...{ key, addresses, webhookKey: keyFor('webhook') },
    ...{ secrets: { current: master, versions: new Map() }, totalMs: 20_000, places: 4 },
    gapsMs: GAPS_MS,
  }
  const service = equip(callback, makeTools(settings, deliver))
  /** What the runtime does with one input: decide, save, run the effects of what was saved. */
  async function take(
    state: State,
    input: CallbackInput,
  ): Promise<{ state: State; outcomes: CallbackInput[] }> {
    const context = await service.prepare?.([{ doc: 'wo', state, input }])
    if (!context) throw new Error('decide needs its context')
    const events = service.decide(state, input, context)
    const effects = events.flatMap((event) => service.effect?.of(event) ?? [])
    const signal = new AbortController().signal
    const outcomes = await Promise.all(effects.map((one) => service.effect?.run(one, signal)))
    return {
      state: events.reduce(service.evolve, state),
      outcomes: outcomes.filter((one) => one !== undefined),
    }
  }
  return { service, take, bodies }
}

test('a usage receipt becomes a request, a failure the next one, a 2xx the end', async () => {
  const { service, take, bodies } = serviceWith(503, 200)
  let { state, outcomes } = await take(service.initial, receiptInput())
  for (const outcome of outcomes) state = (await take(state, outcome)).state
  const at = service.due?.(state) ?? ''
  expect(state.deliveries[0]?.phase.status).toBe('waiting')
  ;({ state, outcomes } = await take(state, { id: 'due', type: 'due', at, data: {} }))
  for (const outcome of outcomes) state = (await take(state, outcome)).state
  expect(state.deliveries[0]).toMatchObject({
    phase: { status: 'delivered' },
    attempts: [
      { attempt: 1, outcome: 'failed', http_status: 503 },
      { attempt: 2, outcome: 'delivered', http_status: 200 },
    ],
  })
  expect(new Set(bodies).size).toBe(1)
  expect(bodies).toHaveLength(2)
})

test('the lease outlasts waiting for a place and the longest request', async () => {
  const { service } = serviceWith()
  const context = await service.prepare?.([])
  expect(context?.lease_ms).toBe(60_000)
})
