import { settlementId } from '@prooftrail/trail'
import { expect, test } from 'vitest'
import { makeAccounts } from './accounts.ts'
import { decide } from './decide.ts'
import { documentOf } from './evolve.ts'
import { makePrepare } from './prepare.ts'
import type { ReceiptInput } from './state.ts'
import { acceptedOrder, makeMemoryList, makeSigner, T0 } from './testing.ts'

const order = acceptedOrder()
const funding = { account: 'acme', reference: 'inv-1', credits: 50 }
const inputs: [string, string, ReceiptInput][] = [
  [
    'a funding',
    settlementId('acme', 'inv-1', 0),
    {
      ...{ id: 'f', type: 'funding.received', at: T0 },
      data: { ...funding, settlement_provider: 'manual_invoice', received_at: T0 },
    },
  ],
  [
    'an order that waits for credits',
    order.work_order_id,
    { id: 'a', type: 'work-order.accepted', at: T0, data: { accepted: order } },
  ],
]

test.each(inputs)(
  'given %s, when its events are folded again, then into the document that its input went to',
  async (_, doc, input) => {
    const prepare = makePrepare(makeAccounts(makeMemoryList()), makeSigner().sign)
    const state = { status: 'absent' } as const
    const events = decide(state, input, await prepare([{ state, input, doc }]))
    const found = new Set(events.flatMap((event) => documentOf(event) ?? []))
    expect([...found]).toEqual([doc])
  },
)
