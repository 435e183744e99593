import type { Codec } from '@prooftrail/contracts'
import type { AskedOfParked } from '../state.ts'
import type { ParkedState } from './entry.ts'
import type { Row } from './row.ts'

/** By which members of `ix` entries are looked up; all of them together. */
export interface RowFilter {
  state?: Row['state']
  code?: string
  topic?: string
  service?: string
  agent?: string
  tool?: string
  document?: string
  /** First parked at this time or before it, RFC 3339. */
  until?: string
  /** At this time or after it. */
  from?: string
}

/** Where a page ends: the next one begins behind it. */
export interface RowKey {
  since: string
  parked_id: string
}

/** How many open ones there are of one topic and code, and since when. */
export interface OpenCount {
  topic: string
  code: string
  count: number
  oldest: string
}

/** What lists read: rows, not states. */
export interface ParkedRows {
  /** Oldest first. */
  page(filter: RowFilter, options: { after?: RowKey | undefined; limit: number }): Promise<Row[]>
  /** The open entries of a queue. */
  openOf(queue: string): Promise<Row[]>
  counts(): Promise<OpenCount[]>
}

/** What is dropped so that what is kept stays bounded. */
export interface ParkedKeep {
  /** Drops what was settled before this time. @returns how many */
  dropSettled(before: string): Promise<number>
  /** Drops the oldest of those that block nothing, settled ones first, beyond so many. @returns how many */
  dropBeyond(most: number): Promise<number>
}

/** What the doors of parked messages work with. */
export interface ParkedTools {
  rows: ParkedRows
  codec: Pick<Codec, 'decode'>
  /** Asks for an act on an entry; resolves when it was decided, saved and published. */
  ask(parkedId: string, asked: AskedOfParked): Promise<void>
  /** The entries as they are. */
  read(ids: readonly string[]): Promise<Map<string, ParkedState>>
}
