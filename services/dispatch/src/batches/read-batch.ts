import { ACT_NAMES, ACTS, type BatchTerms, EXCEPTION_TYPES, type Json } from '@prooftrail/contracts'

import type { ActFault } from '../acts/judge-act.ts'
import { readAsked } from '../acts/read-request.ts'
import type { BatchLimits } from '../state.ts'

/** What an operator asks a batch to be, in its form. */
export interface AskedBatch {
  workOrderIds: readonly string[]
  terms: Omit<BatchTerms, 'total'>
}

/** Bytes of what every act of a batch says: it stands in each of its chunks. */
const MAX_ACT_BYTES = 4_096
const MAX_ID = 200
const MAX_SELECTED = 2_000
const HOUR_MS = 60 * 60 * 1000
/** For how long a batch may ask, unless it says otherwise; and at most. */
const HOURS = 24
const MAX_HOURS = 7 * 24
/** Acts in a second where a batch says nothing. */
const PER_SECOND = 20

/** Members that differ from run to run, which the batch fills in. */
const OWN = ['work_order_id', 'idempotency_key', 'exception_id'] as const

/**
 * Reads the body of `POST /v1/batches`.
 * @param by the operator who asks
 * @param now epoch milliseconds
 */
export function readBatch(
  body: unknown,
  { by, now, limits }: { by: string; now: number; limits: BatchLimits },
): AskedBatch | ActFault {
  const { act, exception_type, work_order_ids, selected, per_second, hours, ...more } = Object(body)
  const surplus = Object.keys(more)
  if (surplus.length > 0) return bad(`it has no member ${surplus[0]}`)
  const actFault = faultOfAct(act, exception_type)
  if (actFault) return actFault
  const rate = per_second ?? Math.min(PER_SECOND, limits.perSecond)
  if (!isWhole(rate, limits.perSecond)) {
    return bad(`per_second is a whole number from 1 to ${limits.perSecond}`)
  }
  const lasts = hours ?? HOURS
  if (!isWhole(lasts, MAX_HOURS)) return bad(`hours is a whole number from 1 to ${MAX_HOURS}`)
  if (selected !== undefined && !isText(selected, MAX_SELECTED)) {
    return bad(`selected is a text of at most ${MAX_SELECTED} characters`)
  }
  const ids = readIds(work_order_ids, limits)
  if ('code' in ids) return ids
  return {
    workOrderIds: ids.workOrderIds,
    terms: {
      ...{ act: act as Json, requested_by: by.slice(0, MAX_ID), per_second: rate },
      ...(exception_type === undefined ? {} : { exception_type }),
      ...(selected === undefined ? {} : { selected }),
      created_at: new Date(now).toISOString(),
      expires_at: new Date(now + lasts * HOUR_MS).toISOString(),
    },
  }
}

function faultOfAct(act: unknown, exceptionType: unknown): ActFault | undefined {
  const { recovery_action: name, reason } = Object(act)
  const action = ACT_NAMES.find((one) => one === name)
  if (action === undefined) return bad(`recovery_action is none of ${ACT_NAMES.join(', ')}`)
  if (!ACTS[action].by.includes('operator')) {
    return { code: 'PT-2025', detail: `${action} is for ${ACTS[action].by.join(' and ')}` }
  }
  if (!isText(reason, MAX_ACT_BYTES)) return bad('an operator says why: act.reason is missing')
  const own = OWN.find((member) => Object.hasOwn(Object(act), member))
  if (own !== undefined) return bad(`act.${own} is each run’s own`)
  const bytes = Buffer.byteLength(JSON.stringify(act))
  if (bytes > MAX_ACT_BYTES) return bad(`act has ${bytes} bytes; ${MAX_ACT_BYTES} are allowed`)
  const form = readAsked({ ...Object(act), ...EXAMPLE })
  if ('code' in form) return bad(`act: ${form.detail}`)
  const isOfTicket = action === 'close_exception'
  const isType = EXCEPTION_TYPES.some((one) => one === exceptionType)
  if (isOfTicket && !isType) {
    return bad(`close_exception wants exception_type, one of ${EXCEPTION_TYPES.join(', ')}`)
  }
  if (!isOfTicket && exceptionType !== undefined) return bad(`${action} takes no exception_type`)
  return undefined
}

/** What a batch fills in, in its form. */
const EXAMPLE = { work_order_id: `wo_${'a'.repeat(32)}`, idempotency_key: 'key' }

function readIds(ids: unknown, { maxRuns }: BatchLimits): { workOrderIds: string[] } | ActFault {
  if (!Array.isArray(ids)) return bad('work_order_ids is no list')
  if (ids.length === 0) {
    return { code: 'PT-2063', detail: 'nothing was selected: work_order_ids is empty' }
  }
  if (ids.length > maxRuns) {
    return { code: 'PT-2064', detail: `${ids.length} runs; ${maxRuns} are allowed` }
  }
  const odd = ids.findIndex((id) => !isText(id, MAX_ID))
  if (odd >= 0) return bad(`work_order_ids/${odd} is no id`)
  return { workOrderIds: [...new Set<string>(ids)] }
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && /\S/.test(value) && value.length <= most
}

function isWhole(value: unknown, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most
}

function bad(detail: string): ActFault {
  return { code: 'PT-2062', detail }
}
