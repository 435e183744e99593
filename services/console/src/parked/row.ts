import type { ParkedRow } from '@prooftrail/contracts/doors'
import { isClaim, type ParkedState, queueOf, sendsOf, standingOf } from './entry.ts'

/** An entry as lists show it. */
export type Row = ParkedRow

const MAX_DETAIL = 200

export function rowOf(entry: ParkedState): Row {
  const { parked_id, service, since, place, times, document, last } = entry
  return {
    ...{
      parked_id,
      state: standingOf(entry),
      code: last?.code ?? '',
      service,
      since,
      place,
      times,
    },
    ...{ detail: (last?.detail ?? '').slice(0, MAX_DETAIL), sends: sendsOf(entry) },
    ...{ topic: last?.topic ?? '', partition: last?.partition ?? -1, offset: last?.offset ?? '-1' },
    blocks: last?.blocks === true,
    ...(document === undefined ? {} : { document }),
    ...(isClaim(entry) && document !== undefined ? { claimed: true } : {}),
    ...concerns(entry),
  }
}

/** The agent or the tool whose word it is, where that is known. */
export function concerns({ party, service }: ParkedState): { agent?: string; tool?: string } {
  const [kind, name] = (party ?? service).split(/\/(.*)/s)
  if (name === undefined) return {}
  return kind === 'agent' ? { agent: name } : kind === 'tool' ? { tool: name } : {}
}

/** How long what is settled is kept in the console, after its last change. */
export const SETTLED_DAYS = 30

/** What lists look entries up by; the row itself is among it, so that a list reads no states. */
export function indexOfParked(entry: ParkedState): Record<string, string | undefined> {
  const row = rowOf(entry)
  const { agent, tool } = row
  const isSettled = row.state !== 'open'
  const changed = entry.acts.at(-1)?.at ?? entry.last?.at ?? entry.since
  return {
    parked: row.state,
    parked_since: row.since,
    parked_code: row.code,
    parked_topic: row.topic,
    parked_service: row.service,
    parked_agent: agent,
    parked_tool: tool,
    // what a stranger says it is about is shown under nobody's document
    parked_document: row.claimed ? undefined : row.document,
    parked_queue: queueOf(entry),
    parked_blocks: row.blocks ? 'yes' : 'no',
    parked_settled: isSettled ? changed : undefined,
    parked_row: JSON.stringify(row),
  }
}
