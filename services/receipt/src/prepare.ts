import type { Pair } from '@prooftrail/runtime'
import type { Answer } from './credits.ts'
import { movementsOf } from './movements.ts'
import { askOf, beginsReplay } from './replay.ts'
import { type Need, referencesOf, SETTLEMENT } from './settlements.ts'
import type { Context, ReceiptInput, State, Tools, Wait } from './state.ts'

/**
 * Moves all credits of one wave at once and finds the settlement receipts of those who hold.
 * Asked again with the same wave it finds what it said before.
 */
export async function prepare(
  wave: readonly Pair<State, ReceiptInput>[],
  tools: Pick<Tools, 'accounts' | 'sign' | 'isDoors' | 'findSettlements'>,
): Promise<Context> {
  const { accounts, sign, isDoors, findSettlements } = tools
  const answers = await accounts.move(
    wave.flatMap(({ state, input }) => movementsOf(state, input, tools)),
  )
  const needs = wave.flatMap(({ state, input }) => needOf(state, input, answers))
  return { answers, settlements: await findSettlements(needs), sign, isDoors }
}

function needOf(state: State, input: ReceiptInput, answers: ReadonlyMap<string, Answer>): Need[] {
  const ask = askFor(state, input)
  if (!ask?.accepted.pins.proof_trail.includes(SETTLEMENT)) return []
  const { work_order_id, order, pins } = ask.accepted
  // one run has one settlement receipt, whatever is replayed
  const own = ask.again?.settlement_id
  const answer = answers.get(`${work_order_id}/hold`) ?? answers.get(`${work_order_id}/leave`)
  if (!answer || !('entry' in answer) || answer.entry.kind !== 'hold') return []
  return [
    {
      work_order_id,
      account: pins.account,
      references:
        own === undefined ? referencesOf(order.object.evidence, 'settlement_reference') : [own],
      latest: answer.entry.settlement,
      at: input.at,
    },
  ]
}

function askFor(state: State, input: ReceiptInput): Pick<Wait, 'accepted' | 'again'> | undefined {
  if (input.type === 'work-order.accepted') return { accepted: input.data.accepted }
  if (input.type === 'recovery.accepted') {
    return beginsReplay(state, input.data) ? askOf(state, input.data) : undefined
  }
  return state.status === 'pending' ? state.wait : undefined
}
