import { describe, expect, test } from 'vitest'
import { initial, noFacts, type State } from './state.ts'
import { stateText } from './state-text.ts'

const link = (name: string, more: object = {}) => ({
  name,
  link: {
    object: { work_order_id: 'wo_1', issued_at: 'now', text: 'a "quoted"\nline', ...more },
    after: [{ name: 'work_order', digest: 'sha256:00' }],
    key_id: 'key',
    signature: 'c2ln',
  },
  digest: `sha256:${name}`,
  statement_digest: 'sha256:01',
})

// The texts of these states hold all that differs from one state to another.
const states = {
  absent: initial,
  keys: { status: 'keys', keys: [], revision: 3 },
  'joining, nothing yet': { status: 'joining', facts: noFacts() },
  'joining, all facts': {
    status: 'joining',
    facts: {
      order: link('work_order'),
      bound: {
        1: {
          command: link('execution_command'),
          proof_trail: ['work_order', 'attestation'],
          accepted_at: 'a',
          held_at: 'b',
          bound_at: 'c',
        },
        2: {
          command: link('execution_command'),
          proof_trail: [],
          accepted_at: '',
          held_at: '',
          bound_at: '',
        },
      },
      result: { tool_command_id: 'cmd_1', contract: link('result_contract'), links: [link('x')] },
      receipts: { usage: link('usage_receipt'), settlement: link('settlement_receipt') },
      deliveries: [link('callback_delivery', { attempt: 1 })],
    },
  },
  sealed: {
    status: 'sealed',
    items: [
      link('work_order'),
      {
        name: 'attestation',
        seal: { statement: { b: 1, a: [2] }, key_id: 'k', signature: 's' },
        digest: 'd',
      },
    ],
    revision: 1,
    index: 7,
    awaited: { entry_id: 'le_1', until: 'u', looked: 0 },
    late: [link('callback_delivery/1')],
    attempt: 2,
    task_token: 'tt_1',
  },
}

describe('the text of a state', () => {
  test.each(Object.entries(states))('%s is its JSON', (_name, given) => {
    // Objects are cut to what the text depends on.
    const state = given as unknown as State
    expect(JSON.parse(stateText(state))).toEqual(JSON.parse(JSON.stringify(state)))
  })
})
