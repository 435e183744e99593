import type { ActLink, OpenTerms } from '@prooftrail/contracts'
import type { Recovery, RunState } from '../state.ts'
import { type FactsOf, facts } from './fact.ts'

/** What was asked of a run, and the answers. */
export const RECOVERY_FACTS: FactsOf<'recovery.accepted' | 'recovery.refused' | 'run.expired'> = {
  'recovery.accepted': {
    learn(state, { act, sequence, runtime_state, replay, released_hold, accepted_at, open }) {
      const recovery: Recovery = {
        ...asked(act, accepted_at),
        sequence,
        ...(runtime_state === undefined ? {} : { runtime_state }),
        ...(replay === undefined ? {} : { replay: pick(replay) }),
      }
      const next = withOpen(withRecovery(state, recovery), open)
      if (runtime_state !== 'closed') return next
      const released_at = released_hold === undefined ? {} : { released_at: accepted_at }
      return { ...next, facts: facts(next, { closed_at: accepted_at, ...released_at }) }
    },
    line({ act, replay }) {
      const { action, requested_by, reason } = asked(act, '')
      const costs = replay ? `; holds ${replay.credits} credits` : ''
      const why = reason === undefined ? '' : `: ${reason}`
      return { stage: 'review', summary: `${action} by ${requested_by}${costs}${why}` }
    },
  },
  'recovery.refused': {
    learn(state, { act, code, detail, refused_at }) {
      return withRecovery(state, { ...asked(act, refused_at), refused: { code, detail } })
    },
    line({ act, code, detail }) {
      const { action, requested_by } = asked(act, '')
      return { stage: 'review', summary: `${action} by ${requested_by} refused: ${code} ${detail}` }
    },
  },
  'run.expired': {
    learn(state, { expiry, sequence, expired_at: at, order, open }) {
      const { ends, state: stood, reason, rule } = expiry.object
      const others = (state.expiries ?? []).filter((one) => one.sequence !== sequence)
      const one = { sequence, ends, state: stood, reason, rule, at }
      const expiries = [...others, one].sort((a, b) => a.sequence - b.sequence)
      const next = withOpen({ ...state, expiries }, open)
      if (ends !== 'run') return next
      // an order without a result was never a run that closes
      return { ...next, facts: facts(next, order ? { released_at: at } : { closed_at: at }) }
    },
    line({ expiry, release }) {
      const { ends, state, reason, rule } = expiry.object
      const how = release ? 'released' : 'expired'
      return { stage: 'review', summary: `${ends} ${how} (${state}, ${reason}): ${rule}` }
    },
  },
}

/** The latest word on how long a run stays open. */
export function withOpen(state: RunState, open: OpenTerms | undefined): RunState {
  if (open === undefined || (state.open && state.open.since >= open.since)) return state
  return { ...state, open }
}

function pick({ result_number, credits, ends_at }: NonNullable<Recovery['replay']>) {
  return { result_number, credits, ends_at }
}

function asked(act: ActLink, at: string): Recovery {
  const { recovery_action, requested_by, reason, idempotency_key } = act.object
  return {
    ...{ action: recovery_action, requested_by, idempotency_key, digest: act.digest, at },
    ...(reason === undefined ? {} : { reason }),
  }
}

function withRecovery(state: RunState, recovery: Recovery): RunState {
  const others = (state.recoveries ?? []).filter(
    ({ digest, at }) => digest !== recovery.digest || at !== recovery.at,
  )
  const recoveries = [...others, recovery].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  return { ...state, recoveries }
}
