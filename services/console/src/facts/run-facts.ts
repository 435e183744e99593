import { isLaterProgress, RESULT_STATUS } from '@prooftrail/contracts'
import type { Progress } from '../state.ts'
import { count, earlier, type FactsOf, facts, known } from './fact.ts'
import { withOpen } from './recovery-facts.ts'

/** What its tool does. */
export const RUN_FACTS: FactsOf<'execution.bound' | 'execution.progressed' | 'result.accepted'> = {
  'execution.bound': {
    learn(state, data) {
      const { attempt, bound_at, binding_id, ids, tool } = data.binding
      const others = state.bound.filter((one) => one.attempt !== attempt)
      const bound = [...others, { attempt, bound_at, tool }].sort((a, b) => a.attempt - b.attempt)
      const isNewest = bound.at(-1)?.attempt === attempt
      return {
        ...state,
        bound,
        binding_id,
        ...(isNewest ? { ids } : {}),
        facts: facts(state, { bound_at: bound.map((one) => one.bound_at) }),
      }
    },
    line(data) {
      const { binding } = data
      return {
        stage: 'dispatch',
        summary: `bound with ${count(Object.keys(binding.ids).length, 'id')}; ${binding.tool} commanded, attempt ${binding.attempt}`,
      }
    },
  },
  'execution.progressed': {
    learn(state, data) {
      const progress = withProgress(state.progress, data)
      const started_at = progress.map(({ first }) => first.at).reduce(earlier)
      return { ...state, progress, facts: facts(state, { started_at }) }
    },
    line(data) {
      const { state, percent, note, tool } = data
      const share = percent === undefined ? '' : ` ${percent} %`
      return { stage: tool, summary: `${state}${share}${note ? `: ${shown(note)}` : ''}` }
    },
  },
  'result.accepted': {
    learn(state, data) {
      const { object } = data.result_contract
      const told = withOpen(state, data.open)
      if (told.result_contract && told.result_contract.issued_at > object.issued_at) return told
      return {
        ...told,
        result_contract: object,
        result_attempt: data.attempt,
        ...(data.result_number === undefined ? {} : { result_number: data.result_number }),
        facts: facts(state, {
          result_issued_at: object.issued_at,
          ...known('result_status', object.result_status, RESULT_STATUS),
        }),
      }
    },
    line(data) {
      const { object } = data.result_contract
      const { evidence_status, evidence_score, open_items } = object.machine_result
      const which = data.result_number === undefined ? '' : ` ${data.result_number}`
      const open =
        open_items.length === 0 ? '' : `, open: ${open_items.map(({ about }) => about).join(', ')}`
      return {
        stage: object.requested_tool,
        summary: `result${which} ${object.result_status}, evidence ${evidence_status} (${evidence_score})${open}`,
      }
    },
  },
}

/** What an executor says of itself is kept up to here: its words stand in every line of a run. */
const MAX_NOTE = 500

function shown(note: string): string {
  return Buffer.from(note.slice(0, MAX_NOTE)).toString()
}

function withProgress(
  progress: readonly Progress[],
  said: {
    attempt: number
    sequence: number
    at: string
    state: string
    percent?: number
    note?: string
    key_id?: string
  },
): Progress[] {
  const { attempt, sequence, at, state, percent, note, key_id } = said
  const before = progress.find((one) => one.attempt === attempt)
  const latest = {
    sequence,
    at,
    state,
    ...(percent === undefined ? {} : { percent }),
    ...(note === undefined ? {} : { note: shown(note) }),
    ...(key_id === undefined ? {} : { key_id }),
  }
  const own: Progress = {
    attempt,
    first: before && !isLaterProgress(before.first, latest) ? before.first : { sequence, at },
    latest: before && !isLaterProgress(latest, before.latest) ? before.latest : latest,
  }
  const others = progress.filter((one) => one.attempt !== attempt)
  return [...others, own].sort((a, b) => a.attempt - b.attempt)
}
