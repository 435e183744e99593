import type { RunInput } from './state.ts'

/** What an input tells people: the stage that spoke, and one sentence. */
export function lineOf(input: RunInput): { stage: string; summary: string } {
  switch (input.type) {
    case 'work-order.accepted': {
      const { pins } = input.data.accepted
      return {
        stage: 'intake',
        summary: `accepted for ${pins.tool} ${pins.manifest_version}, price ${pins.price} credits`,
      }
    }
    case 'work-order.rejected': {
      const { reason_codes } = input.data.decision.object
      return {
        stage: 'intake',
        summary: `refused for ${count(reason_codes.length, 'reason')}: ${reason_codes.join(', ')}`,
      }
    }
    case 'credits.held': {
      const { credits_held, remaining_credits, account } = input.data.hold
      return {
        stage: 'receipt',
        summary: `${credits_held} credits held on ${account}, ${remaining_credits} free`,
      }
    }
    case 'execution.bound': {
      const { binding } = input.data
      return {
        stage: 'dispatch',
        summary: `bound with ${count(Object.keys(binding.ids).length, 'id')}; ${binding.tool} commanded, attempt ${binding.attempt}`,
      }
    }
    case 'execution.progressed': {
      const { state, percent, note, tool } = input.data
      const share = percent === undefined ? '' : ` ${percent} %`
      return { stage: tool, summary: `${state}${share}${note ? `: ${note}` : ''}` }
    }
    case 'result.accepted': {
      const { object } = input.data.result_contract
      const { evidence_status, evidence_score, open_items } = object.machine_result
      const open =
        open_items.length === 0 ? '' : `, open: ${open_items.map(({ about }) => about).join(', ')}`
      return {
        stage: object.requested_tool,
        summary: `result ${object.result_status}, evidence ${evidence_status} (${evidence_score})${open}`,
      }
    }
    case 'usage-receipt.issued': {
      const { object } = input.data.usage_receipt
      return {
        stage: 'receipt',
        summary: `usage receipt: ${object.credits_debited} debited, ${object.credits_released} released, ${object.remaining_credits} left`,
      }
    }
    case 'callback.attempted':
      return { stage: 'callback', summary: tellCallback(input.data.object) }
    case 'exception.opened': {
      const { exception_type, severity, missing_items, next_action } = input.data.object
      const missing = missing_items?.length ? ` (${missing_items.join(', ')})` : ''
      return {
        stage: 'exception',
        summary: `${exception_type}${missing}, ${severity}${next_action ? `; next: ${next_action}` : ''}`,
      }
    }
    case 'exception.resolved':
      return {
        stage: 'exception',
        summary: `${input.data.exception_type} ${input.data.status}: ${input.data.resolution}`,
      }
    case 'ledger.appended': {
      const { revision, objects } = input.data.object
      const which = revision === 0 ? '' : ` (revision ${revision})`
      return {
        stage: 'attestation',
        summary: `ledger entry over ${count(objects.length, 'link')}${which}`,
      }
    }
    case 'trail.attested': {
      const { verdict, log_index, revision } = input.data
      const which = revision === 0 ? '' : `, revision ${revision}`
      return {
        stage: 'attestation',
        summary: `sealed as ${verdict}${which}; leaf ${log_index} of the log`,
      }
    }
  }
}

function tellCallback(delivery: {
  callback_status: string
  attempt: number
  http_status?: number
  next_attempt_at?: string
}): string {
  const { callback_status, attempt, http_status, next_attempt_at } = delivery
  if (callback_status === 'ready') return 'no callback is due; the result is ready to be fetched'
  const answer = http_status === undefined ? 'no answer' : `HTTP ${http_status}`
  const again = next_attempt_at === undefined ? '' : `, again at ${next_attempt_at}`
  return `${callback_status} at attempt ${attempt} (${answer})${again}`
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
