import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  type AgentKeys,
  makeAgentKeys,
  makeWorkOrder,
  type OrderRequest,
  signWorkOrder,
} from '@prooftrail/agent-sdk'
import type { Json, WorkOrder } from '@prooftrail/contracts'
import type { Link } from '@prooftrail/trail'

export type SignedOrder = Link<'work_order', WorkOrder>
/** Members of an order to differ from the example; undefined leaves one out. */
export type Overrides = { [Member in keyof WorkOrder]?: WorkOrder[Member] | undefined }

/** An agent that makes and signs orders; nothing about it needs a stack. */
export interface Agent {
  id: string
  account: string
  keys: AgentKeys
  /** Completes an order as makeWorkOrder does and signs it: all evidence, a fresh key. */
  order(overrides?: Overrides): SignedOrder
  /** Signs an order as it is, whatever is wrong with it. */
  sign(order: WorkOrder): SignedOrder
}

const examples = new URL('../../examples/', import.meta.url)

/** An order that people send: a file of `examples/`. */
export function example(name: string): OrderRequest {
  return JSON.parse(readFileSync(new URL(`${name}.json`, examples), 'utf8'))
}

/** The day at which the cases of the tools stand. */
const CASE_DAY = '2026-03-02T09:00:00.000Z'
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Evidence and context of a tool's own `cases/<name>.json`, moved to today. */
export function caseOf(tool: string, name: string): { evidence: Json; workflow_context?: Json } {
  const file = new URL(`../../services/executors/${tool}/cases/${name}.json`, import.meta.url)
  const shift = Date.now() - Date.parse(CASE_DAY)
  const { command } = JSON.parse(readFileSync(file, 'utf8'), (_, value: unknown) =>
    typeof value === 'string' && TIME.test(value)
      ? new Date(Date.parse(value) + shift).toISOString()
      : value,
  )
  const { evidence, workflow_context } = command
  return { evidence, ...(workflow_context === undefined ? {} : { workflow_context }) }
}

/** @param callbackUrl where the agent's callbacks go unless an order says otherwise */
export function makeAgent(label: string, callbackUrl: string | undefined): Agent {
  const id = `agent_${label}_${randomUUID().slice(0, 8)}`
  const keys = makeAgentKeys()
  const sign = (order: WorkOrder) => signWorkOrder(order, keys.privateJwk)
  const complete = example('tokenops-complete')
  return {
    ...{ id, account: id, keys, sign },
    order(overrides = {}) {
      const asked = {
        ...complete,
        agent_id: id,
        idempotency_key: `${label}-${randomUUID()}`,
        ...(callbackUrl === undefined ? {} : { callback_url: callbackUrl }),
        ...overrides,
      }
      const made = { ...makeWorkOrder(withoutUndefined(asked)), ...overrides }
      return sign(withoutUndefined(made))
    },
  }
}

function withoutUndefined<T extends object>(value: { [M in keyof T]: T[M] | undefined }): T {
  const kept = Object.entries(value).filter(([, member]) => member !== undefined)
  // leaving a required member out on purpose is what bad-input tests do
  return Object.fromEntries(kept) as T
}
