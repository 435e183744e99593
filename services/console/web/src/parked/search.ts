/** Which parked messages are listed: all of it stands in the address. */
import type { ParkedStanding } from '@prooftrail/contracts/doors'
import { pathWith } from '../data/keyset.ts'

export const STANDINGS = ['open', 'sent', 'discarded', 'noted', 'any'] as const satisfies readonly (
  | ParkedStanding
  | 'any'
)[]
export type Standing = (typeof STANDINGS)[number]

/** What a list is filtered by, by name. */
export const NAMES = ['topic', 'code', 'service', 'agent', 'tool', 'document'] as const
export type FilterName = (typeof NAMES)[number]

export type ParkedSearch = { [N in FilterName]?: string } & {
  /** Absent: open. */
  state?: Standing
  /** Parked for longer than so many seconds. */
  older_than?: number
}

export function readSearch(search: Record<string, unknown>): ParkedSearch {
  const read: ParkedSearch = {}
  for (const name of NAMES) {
    const value = search[name]
    if (typeof value === 'string' && value !== '') read[name] = value
  }
  const state = STANDINGS.find((one) => one === search.state)
  if (state !== undefined && state !== 'open') read.state = state
  const older = Number(search.older_than)
  if (Number.isInteger(older) && older > 0) read.older_than = older
  return read
}

/** The address of a page of the list. */
export function listPath(search: ParkedSearch, cursor?: string, limit = 100): string {
  return pathWith('/v1/parked', { ...search, limit, cursor })
}

/** The same selection for the command line. */
export function flagsOf({ older_than, ...search }: ParkedSearch): string {
  const flags = Object.entries(search).map(([name, value]) => ` --${name} ${value}`)
  return `${flags.join('')}${older_than === undefined ? '' : ` --older-than ${older_than}`}`
}

/** `prooftrail.work-order.submitted.v1` → `work-order.submitted`. */
export function shortTopic(topic: string): string {
  return topic.replace(/^prooftrail\./, '').replace(/\.v1$/, '')
}
