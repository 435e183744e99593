import type { Message } from '@prooftrail/runtime'
import type { DispatchEvent, State } from '../state.ts'
import type { Register } from './state.ts'
import { isOver } from './tally.ts'

/** Which batches have not ended: how many there may be, and what they may together, follows from it. */
export function onBatchChanged(
  state: State,
  { data: { batch_id, status: stands, terms } }: Pick<Message<'batch.changed'>, 'data'>,
): readonly DispatchEvent[] {
  const known = isRegister(state) ? state.open[batch_id]?.stands : undefined
  if (known === stands || (known === undefined && isOver({ stands }))) return []
  return [{ type: 'batch.registered', data: { batch_id, stands, per_second: terms.per_second } }]
}

export function isRegister(state: State | undefined): state is Register {
  return state?.status === 'batch' && state.part === 'register'
}
