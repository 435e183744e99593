import type { ActLink, BatchTerms } from '@prooftrail/contracts'
import type { ListedAct } from '@prooftrail/contracts/doors'
import type { ConsoleInput } from '../state.ts'

/**
 * Acts as the trail of acts lists them.
 * T1 A row follows from one message alone, and is the same however often that is read.
 * T2 Rows are told apart by their keys, which sort by time.
 */

/** The act that a message tells of; undefined: it tells of none. */
export function listedOf(input: ConsoleInput): ListedAct | undefined {
  switch (input.type) {
    case 'recovery.accepted': {
      const { act, accepted_at, batch_id } = input.data
      return { ...ofRun(act, accepted_at, batch_id), answer: 'accepted' }
    }
    case 'recovery.refused': {
      const { act, refused_at, code, detail, batch_id } = input.data
      return { ...ofRun(act, refused_at, batch_id), answer: 'refused', code, detail }
    }
    case 'batch.changed': {
      const { batch_id, status, changed_by: by, changed_at: at, reason, terms } = input.data
      return {
        ...{ key: `${at} ${batch_id} ${status}`, at, on: 'batch', action: status, by },
        ...{ answer: 'done', detail: termsIn(terms), batch_id },
        ...(reason === undefined ? {} : { reason }),
      }
    }
    case 'parked.decided': {
      const { parked_id, act: action, number, decided_by: by, decided_at: at } = input.data
      const { reason, service, topic } = input.data
      return {
        ...{ key: `${at} ${parked_id} ${number}`, at, on: 'parked', action, by },
        ...{ answer: 'done', detail: `${topic}, parked by ${service}`, parked_id },
        ...(reason === undefined ? {} : { reason }),
      }
    }
    default:
      return undefined
  }
}

/** @param batch_id of the batch that asked for it, as dispatch says: its key is whatever somebody chose */
function ofRun(
  { object, digest }: ActLink,
  at: string,
  batch_id: string | undefined,
): Omit<ListedAct, 'answer'> {
  const { work_order_id, recovery_action: action, requested_by: by } = object
  const { reason, idempotency_key } = object
  return {
    ...{ key: `${at} ${digest}`, at, on: 'run', action, by, work_order_id, digest },
    idempotency_key,
    ...(reason === undefined ? {} : { reason }),
    ...(batch_id === undefined ? {} : { batch_id }),
  }
}

/** What a batch is, in a sentence. */
function termsIn({ act, total, per_second }: BatchTerms): string {
  const { recovery_action: action } = Object(act)
  return `${action} on ${total} runs, ${per_second} a second`
}

/** What every row is selected by. */
export const ANY = 'any'

/** By which members a list selects, from the one that selects the fewest, as a rule. */
export const SELECTED_BY = ['run', 'batch', 'by', 'action', 'answer', 'on'] as const
export type SelectedBy = (typeof SELECTED_BY)[number]

export function facet(name: SelectedBy, value: string): string {
  return `${name}:${value}`
}

/** What a list selects a row by: one of these, or several. */
export function facetsOf(act: ListedAct): string[] {
  const { work_order_id: run, batch_id: batch, by, action, answer, on } = act
  const named = { run, batch, by, action, answer, on }
  const given = SELECTED_BY.flatMap((name) => {
    const value = named[name]
    return value === undefined ? [] : [facet(name, value)]
  })
  return [ANY, ...given]
}
