import { type CallbackAttempt, classifyAddress } from '@prooftrail/contracts'
import type { Handles, Measured } from '@prooftrail/runtime'
import type { metrics } from './metric-table.ts'
import type { CallbackEvent, CallbackInput, State } from './state.ts'

/** Counts attempts and ends of callbacks as they are said. */
export function measureWith({
  callback_attempts_total: attempts,
  callbacks_total: ends,
}: Handles<typeof metrics>) {
  // a series that is there from the start shows its first growth
  for (const end of ['first', 'later', 'parked', 'none']) ends.inc({ end }, 0)
  return ({ event }: Measured<State, CallbackInput, CallbackEvent>): void => {
    if (event.type !== 'callback.attempted') return
    const { attempt, attempts: made, callback_status } = event.data.object
    const record = made.find((one) => one.attempt === attempt)
    if (record) {
      const receiver = record.address === undefined ? 'none' : classifyAddress(record.address)
      attempts.inc({ outcome: outcomeOf(record), receiver })
    }
    const end = endOf(callback_status, attempt)
    if (end) ends.inc({ end })
  }
}

function outcomeOf({ outcome, http_status, error_code = '' }: CallbackAttempt): string {
  if (outcome !== 'failed') return outcome
  if (http_status !== undefined) return http_status >= 500 ? 'failing' : 'refused'
  // the rules about where callbacks may go
  return error_code.startsWith('PT-92') ? 'forbidden' : 'unreachable'
}

function endOf(status: string, attempt: number): string | undefined {
  switch (status) {
    case 'delivered':
      return attempt === 1 ? 'first' : 'later'
    case 'parked':
      return 'parked'
    case 'ready':
      return 'none'
    default:
      return undefined
  }
}
