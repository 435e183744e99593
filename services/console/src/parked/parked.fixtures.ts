import { type Parked, type ParkedDecided, topicFor } from '@prooftrail/contracts'
import { type ParkedState, parkedId, saidByService, withParking } from './entry.ts'
import type { Row } from './row.ts'
import { rowOf } from './row.ts'
import type { ParkedRows } from './tools.ts'

/** Parked messages as services tell of them, for tests. */

export function at(seconds: number): string {
  return new Date(Date.parse('2026-11-01T10:00:00.000Z') + seconds * 1000).toISOString()
}

const HELD = topicFor('credits.held')

/** A hold that dispatch could not decide: PT-9005, and what follows blocks behind it. */
export function parked(changes: Partial<Parked> = {}): Parked {
  return {
    ...{ service: 'dispatch', reason_code: 'PT-9005', detail: 'Error: broken', topic: HELD },
    ...{ partition: 1, offset: '7', key: base64('wo_1'), value: base64('value'), headers: {} },
    ...{ first_time: at(0), attempts: 2, document: 'wo_1', input: 'input-1', position: 0 },
    ...changes,
  }
}

/** An order that nobody signed: what it says it is about is a claim. */
export function claimed(changes: Partial<Parked> = {}): Parked {
  const { position: _, ...rest } = parked()
  return {
    ...rest,
    ...{ service: 'intake', reason_code: 'PT-1005', detail: 'not the signature of key-1' },
    ...{ topic: topicFor('work-order.submitted'), attempts: 1, input: 'input-claimed' },
    ...changes,
  }
}

export function entryOf(said: Parked, seconds = 1): ParkedState {
  return withParking(undefined, saidByService(said, at(seconds)))
}

export function decided(changes: Partial<ParkedDecided> = {}): ParkedDecided {
  return {
    ...{ parked_id: parkedId('dispatch', 'input-1'), act: 'send', number: 1, service: 'dispatch' },
    ...{ input: 'input-1', topic: HELD, partition: 1, offset: '7', document: 'wo_1' },
    ...{ decided_by: 'operator', decided_at: at(10) },
    ...changes,
  }
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** Rows over entries in memory. */
export function rowsOf(
  entries: () => Iterable<ParkedState>,
  queueOf: (entry: ParkedState) => string | undefined,
): ParkedRows {
  const all = (): Row[] =>
    [...entries()]
      .map(rowOf)
      .sort((one, other) =>
        `${one.since}${one.parked_id}` < `${other.since}${other.parked_id}` ? -1 : 1,
      )
  return {
    page: async ({ until, from, ...filter }, { after, limit }) =>
      all()
        .filter((row) =>
          Object.entries(filter).every(
            ([name, value]) =>
              // as the index has it: a claim names nobody's document
              Reflect.get(row, name) === value && !(name === 'document' && row.claimed),
          ),
        )
        .filter(({ since }) => until === undefined || since <= until)
        .filter(({ since }) => from === undefined || since >= from)
        .filter(
          ({ since, parked_id }) =>
            after === undefined || `${since}${parked_id}` > `${after.since}${after.parked_id}`,
        )
        .slice(0, limit),
    openOf: async (queue) =>
      [...entries()]
        .filter((one) => queueOf(one) === queue)
        .map(rowOf)
        .filter(({ state }) => state === 'open'),
    counts: async () => {
      const open = all().filter(({ state }) => state === 'open')
      const names = new Set(open.map(({ topic, code }) => `${topic} ${code}`))
      return [...names].map((name) => {
        const [topic = '', code = ''] = name.split(' ')
        const of = open.filter((one) => one.topic === topic && one.code === code)
        return { topic, code, count: of.length, oldest: of[0]?.since ?? '' }
      })
    },
  }
}
