import type { AcceptedOrder } from '@prooftrail/contracts'
import type { Pair } from '@prooftrail/runtime'
import type { Answer } from './credits.ts'
import { movementsOf } from './movements.ts'
import { type Need, referencesOf, SETTLEMENT } from './settlements.ts'
import type { Context, ReceiptInput, State, Tools } from './state.ts'

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
  const accepted = orderOf(state, input)
  if (!accepted?.pins.proof_trail.includes(SETTLEMENT)) return []
  const { work_order_id, order, pins } = accepted
  const answer = answers.get(`${work_order_id}/hold`) ?? answers.get(`${work_order_id}/leave`)
  if (!answer || !('entry' in answer) || answer.entry.kind !== 'hold') return []
  return [
    {
      work_order_id,
      account: pins.account,
      references: referencesOf(order.object.evidence, 'settlement_reference'),
      latest: answer.entry.settlement,
      at: input.at,
    },
  ]
}

function orderOf(state: State, input: ReceiptInput): AcceptedOrder | undefined {
  if (input.type === 'work-order.accepted') return input.data.accepted
  return state.status === 'pending' ? state.wait.accepted : undefined
}
