import type { FundingReceived, SettlementReceiptIssued } from '@prooftrail/contracts'
import { Link } from '@prooftrail/trail'
import {
  type Effect,
  type Emitted,
  type Input,
  Refusal,
  RetryLater,
  type Service,
} from '../service.ts'

/** The smallest service with everything: fundings of an account, a receipt each; for tests only. */
export interface ToyState {
  credits: number
  receipts: number
  due_at?: string
  ran: string[]
}

export type ToyInput =
  | Input<'funding.received', FundingReceived>
  | Input<'due', object>
  | Input<'ran', { by: string }>

export type ToyEvent =
  | Emitted<'settlement-receipt.issued', SettlementReceiptIssued>
  | Emitted<'started', { id: string }>
  | Emitted<'timed', { due_at: string }>
  | Emitted<'ended', { by: string }>

export const toyInitial: ToyState = { credits: 0, receipts: 0, ran: [] }

/**
 * What the toy does with a funding, by the beginning of its reference: `throw` fails, `refuse`
 * refuses, `wait` waits for ever and is refused in the end, `later` is due a second on, `act`
 * starts an effect; everything else is a receipt at once.
 */
export function makeToy(
  options: {
    name?: string
    run?: Service<ToyState, ToyInput, ToyEvent, undefined>['effect']
    /** True while what `wait…` fundings need is not known. */
    unknown?: () => boolean
    broken?: () => boolean
  } = {},
): Service<ToyState, ToyInput, ToyEvent, undefined> {
  const { name = 'toy', run, unknown = () => true, broken = () => true } = options
  return {
    name,
    collection: name,
    consumes: ['funding.received'],
    writes: ['settlement-receipt.issued'],
    initial: toyInitial,
    route: (input) => (input.type === 'funding.received' ? input.data.account : undefined),
    decide(state, input) {
      if (input.type === 'ran') return [{ type: 'ended', data: { by: input.data.by } }]
      if (input.type === 'due') return [receipt('due', 0, state, input.at)]
      const { reference, credits, account } = input.data
      if (reference.startsWith('throw') && broken()) throw new Error('broken')
      if (reference.startsWith('hush')) throw new Refusal('PT-4003', 'no', { isQuiet: true })
      if (reference.startsWith('refuse')) throw new Refusal('PT-4001', 'no')
      if (reference.startsWith('wait') && unknown()) {
        if ((input.waited ?? 0) < 2) throw new RetryLater('PT-4002', 'not yet')
        throw new Refusal('PT-4002', 'never')
      }
      if (reference.startsWith('nothing')) return []
      if (reference.startsWith('later')) {
        const due_at = new Date(Date.parse(input.at) + 1_000).toISOString()
        return [{ type: 'timed', data: { due_at } }]
      }
      if (reference.startsWith('act')) return [{ type: 'started', data: { id: reference } }]
      return [receipt(`${account}/${reference}`, credits, state, input.at)]
    },
    evolve(state, event) {
      switch (event.type) {
        case 'settlement-receipt.issued': {
          const { due_at, ...rest } = state
          const credits = state.credits + event.data.object.credits_funded
          return { ...rest, credits, receipts: state.receipts + 1 }
        }
        case 'started':
          return state
        case 'timed':
          return { ...state, due_at: event.data.due_at }
        case 'ended':
          return { ...state, ran: [...state.ran, event.data.by] }
      }
    },
    due: (state) => state.due_at,
    mayDefer: () => true,
    ...(run ? { effect: run } : {}),
  }
}

/** What the toy's effect is made of. */
export function toyEffect(event: ToyEvent): Effect | undefined {
  return event.type === 'started' ? { id: event.data.id } : undefined
}

export function funding(account: string, reference: string, credits = 10): FundingReceived {
  const received_at = '2026-01-01T00:00:00.000Z'
  return { account, reference, credits, settlement_provider: 'manual', received_at }
}

function receipt(
  settlement_id: string,
  credits_funded: number,
  state: ToyState,
  issued_at: string,
): ToyEvent {
  return {
    type: 'settlement-receipt.issued',
    data: Link.fromWire('settlement_receipt', {
      object: {
        object_type: 'settlement_receipt',
        settlement_id,
        receipt_type: 'agent_settlement_receipt',
        settlement_provider: 'manual',
        settlement_status: 'credits_funded',
        credits_funded,
        usage_receipt_policy: 'usage_receipts_record_credits_consumed_after_work_runs',
        agent_account_id: settlement_id.split('/')[0] ?? '',
        provider_reference: String(state.receipts),
        issued_at,
      },
      after: [],
      key_id: 'key',
      signature: 'signature',
    }),
  }
}
