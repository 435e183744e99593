import type { ActLink } from '@prooftrail/contracts'
import type { Recovery, RunState } from '../state.ts'
import { type FactsOf, facts } from './fact.ts'

/** What was asked of a run, and the answers. */
export const RECOVERY_FACTS: FactsOf<'recovery.accepted' | 'recovery.refused'> = {
  'recovery.accepted': {
    learn(state, { act, sequence, runtime_state, replay, accepted_at }) {
      const recovery: Recovery = {
        ...asked(act, accepted_at),
        sequence,
        ...(runtime_state === undefined ? {} : { runtime_state }),
        ...(replay === undefined ? {} : { replay: pick(replay) }),
      }
      const next = withRecovery(state, recovery)
      if (runtime_state !== 'closed') return next
      return { ...next, facts: facts(next, { closed_at: accepted_at }) }
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
