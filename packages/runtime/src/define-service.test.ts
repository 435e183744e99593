import { codeOf } from '@prooftrail/testing/runtime'
import { describe, expect, test } from 'vitest'
import { defineService } from './define-service.ts'
import type { InputOf, ServiceSpec } from './service-types.ts'

/** Callback reads three topics and writes two: the smallest party of the catalogue. */
interface Small {
  party: 'callback'
  state: readonly string[]
  inputs: { due: Record<string, never> }
  events: { noted: { by: string } }
  context: undefined
  tools: undefined
}

const note = (_: readonly string[], { type }: InputOf<Small>) => [
  { type: 'noted' as const, data: { by: type } },
]
const spec: Omit<ServiceSpec<Small>, 'on' | 'emits'> = {
  name: 'small',
  collection: 'small',
  initial: [],
  evolve: (state, event) => (event.type === 'noted' ? [...state, event.data.by] : state),
}
/** Callback keeps what orders say. */
const stays = { forget: (): readonly string[] => [] }
const on: ServiceSpec<Small>['on'] = {
  'usage-receipt.issued': { decide: note, creates: true },
  'recovery.accepted': { decide: note },
  'run.expired': { decide: note },
  due: { decide: note, sequenced: true },
}
const emits = { 'callback.attempted': 'decide', 'exception.opened': 'decide' } as const

/** A usage receipt, as far as routing looks at it. */
function receipt(key: string | undefined): InputOf<Small> {
  const data = { work_order_id: 'wo_1' }
  const input = { id: 'i', type: 'usage-receipt.issued', at: '', data, ...(key ? { key } : {}) }
  // The rest of a receipt is no concern of routing.
  return input as unknown as InputOf<Small>
}

test('a service consumes, publishes and remembers what its table says', () => {
  const { consumes, writes, unseen, creates } = defineService<Small>({
    ...spec,
    ...stays,
    on,
    emits,
  })
  expect({ consumes, writes, unseen }).toEqual({
    consumes: ['usage-receipt.issued', 'recovery.accepted', 'run.expired', 'run.forgotten'],
    writes: ['callback.attempted', 'exception.opened'],
    unseen: ['due'],
  })
  expect(creates?.(receipt('wo_1'))).toBe(true)
})

test('a message goes to the document of its key, or to the one that its entry says', () => {
  expect(defineService<Small>({ ...spec, ...stays, on, emits }).route(receipt('wo_1'))).toBe('wo_1')
  const elsewhere = { decide: note, document: () => 'small/1' }
  const other = defineService<Small>({
    ...{ ...spec, ...stays },
    on: { ...on, 'usage-receipt.issued': elsewhere },
    emits,
  })
  expect(other.route(receipt('wo_1'))).toBe('small/1')
})

test.each([['wo_2'], [undefined]])('a message under the key %s reaches no document', (key) => {
  const service = defineService<Small>({ ...spec, ...stays, on, emits })
  expect(codeOf(() => service.route(receipt(key)))).toBe('PT-9007')
  const own = defineService<Small>({ ...spec, ...stays, on, emits, keyCode: 'PT-1001' })
  expect(codeOf(() => own.route(receipt(key)))).toBe('PT-1001')
})

test('an input is decided by its own entry', () => {
  const service = defineService<Small>({ ...spec, ...stays, on, emits })
  expect(service.decide([], receipt('wo_1'), undefined)).toEqual([
    { type: 'noted', data: { by: 'usage-receipt.issued' } },
  ])
})

test('what differs from the catalogue does not compile', () => {
  const receipts = on['usage-receipt.issued']
  const { due } = on
  const tables: readonly ServiceSpec<Small>['on'][] = [
    // @ts-expect-error a topic that the catalogue lets it read is missing
    { due },
    // @ts-expect-error a topic that the catalogue does not let it read
    { 'usage-receipt.issued': receipts, due, 'credits.held': { decide: note } },
    // @ts-expect-error an input of its own is missing
    { 'usage-receipt.issued': receipts },
    // @ts-expect-error services authenticate to the broker: there is nothing to ask of their messages
    { 'usage-receipt.issued': { decide: note, authenticate: () => undefined }, due },
  ]
  const written: readonly ServiceSpec<Small>['emits'][] = [
    // @ts-expect-error a topic that the catalogue lets it write is missing
    { 'callback.attempted': 'decide' },
    // @ts-expect-error a topic that the catalogue does not let it write
    { ...emits, 'credits.held': 'decide' },
  ]
  expect([tables.length, written.length]).toEqual([4, 2])
})

test('what an outsider writes does not compile without its authentication', () => {
  interface Judge extends Omit<Small, 'party'> {
    party: 'dispatch'
  }
  type Produced = ServiceSpec<Judge>['on']['result.produced']
  // @ts-expect-error executors write results
  const unasked: Produced = { decide: () => [] }
  const asked: Produced = {
    ...unasked,
    authenticate: ({ data: { tool, result_contract } }) => ({
      party: tool,
      keyIds: [result_contract.key_id],
    }),
  }
  expect(Object.keys(asked)).toContain('authenticate')
})

/** Intake reads topics that outsiders write. */
interface Judging {
  party: 'intake'
  state: readonly string[]
  inputs: Record<never, never>
  events: { noted: { by: string } }
  context: undefined
  tools: undefined
  doors: 'agent.announced' | 'tool.directed'
}

describe('a claim of an outsider', () => {
  const nothing = { decide: () => [] }
  const claims = { party: 'agent/a', keyIds: ['k'] }
  const judging = defineService<Judging>({
    ...{ name: 'judging', collection: 'judging', initial: [], evolve: (state) => state },
    forget: (state) => state,
    on: {
      'work-order.submitted': { ...nothing, authenticate: () => claims },
      'agent.announced': { ...nothing, document: ({ agent_id }) => `agent/${agent_id}` },
      'tool.directed': { ...nothing, document: ({ tool }) => tool },
      'tool.announced': {
        ...nothing,
        document: ({ tool }) => `tool/${tool}`,
        authenticate: () => claims,
      },
      'exception.opened': nothing,
      'exception.resolved': nothing,
    },
    emits: {
      'agent.announced': 'door',
      'tool.directed': 'door',
      'work-order.accepted': 'decide',
      'work-order.rejected': 'decide',
      'agent.registered': 'decide',
      'tool.registered': 'decide',
    },
  })
  const submitted = (work_order_id: string) =>
    // The rest of an order is no concern of routing.
    ({
      ...{ id: 'i', type: 'work-order.submitted', at: '', key: work_order_id },
      data: { object: { work_order_id } },
    }) as unknown as InputOf<Judging>

  test('is known as one', () => {
    expect(judging.claimed).toEqual(['work-order.submitted', 'tool.announced'])
  })

  test('names no document but that of an order', () => {
    const order = `wo_${'a'.repeat(32)}`
    expect(judging.route(submitted(order))).toBe(order)
    for (const id of ['tool/tokenops', 'wo_1', `${order}/1`, '', 'x'.repeat(100_000)]) {
      expect(codeOf(() => judging.route(submitted(id)))).toBe('PT-9007')
    }
  })
})
