import type { CallbackAttempt } from '@prooftrail/contracts'
import type { Effect } from '@prooftrail/runtime'
import type { SigningKey } from '@prooftrail/trail'
import type { CallbackCode } from './codes.ts'
import type { Deliver, Outcome } from './deliver.ts'
import type { PerReceiverLimit } from './per-receiver-limit.ts'
import { callbackHeaders, type Secrets, signingSecrets } from './sign.ts'
import type { AttemptStarted, CallbackEvent, CallbackInput } from './state.ts'

/** One saved attempt, to be made by the process that saved it. */
export interface AttemptEffect extends Effect {
  started: AttemptStarted
}

type Ended = Extract<CallbackInput, { type: 'attempt.finished' | 'attempt.postponed' }>

/** Makes one attempt and tells how it ended. */
export type Attempt = (effect: AttemptEffect, signal: AbortSignal) => Promise<Ended>

export interface AttemptTools {
  deliver: Deliver
  limit: PerReceiverLimit
  secrets: Secrets
  /** The webhook key (v1a). */
  key: SigningKey
}

/** After how long an attempt that found no place is put to the queue again, in milliseconds. */
const PUT_OFF_MS = 5_000

/** The effect of an event: an attempt that was saved as started is to be made. */
export function effectOf(event: CallbackEvent): AttemptEffect | undefined {
  if (event.type !== 'attempt.started') return undefined
  const { callback_event_id, attempt, begun_at } = event.data
  return { id: `${callback_event_id}/${attempt}/${begun_at}`, started: event.data }
}

/** Makes attempts. The outcome carries its own times, recorded once, here. */
export function makeAttempt(tools: AttemptTools): Attempt {
  return async ({ id, started }, signal) => {
    const { callback_event_id, work_order_id, attempt, begun_at, callback_url } = started
    const names = { callback_event_id, work_order_id, begun_at }
    const putOff = (): Ended => {
      const at = now()
      const until = new Date(Date.parse(at) + PUT_OFF_MS).toISOString()
      return {
        id: `put-off:${id}`,
        type: 'attempt.postponed',
        at,
        data: { ...names, attempt, until },
      }
    }
    const receiver = URL.canParse(callback_url) ? new URL(callback_url).host : ''
    const made = await tools.limit.pass(receiver, Date.parse(begun_at), () =>
      send(tools, started, signal),
    )
    if (made === undefined) return putOff()
    const { started_at, outcome } = made
    if (outcome.kind === 'interrupted' && outcome.address === undefined) return putOff()
    const at = now()
    const record = recordOf(attempt, started_at, at, outcome)
    const later = outcome.kind === 'answered' ? outcome.retry_after : undefined
    const retry = later === undefined ? {} : { retry_after: later }
    return {
      ...{ id: `outcome:${id}`, type: 'attempt.finished', at },
      data: { ...names, record, ...retry },
    }
  }
}

async function send(
  { deliver, secrets, key }: AttemptTools,
  { callback_event_id, callback_url, callback_hash, payload }: AttemptStarted,
  signal: AbortSignal,
): Promise<{ started_at: string; outcome: Outcome }> {
  const started_at = now()
  const headers = callbackHeaders(
    {
      id: callback_event_id,
      body: payload.body,
      event_type: payload.event_type,
      hash: callback_hash,
    },
    Math.floor(Date.parse(started_at) / 1000),
    signingSecrets(secrets, payload.agent_id),
    key,
  )
  const outcome = await deliver.post(callback_url, headers, payload.body, signal)
  return { started_at, outcome }
}

/** The attempt as its delivery records it; only 2xx delivers. */
export function recordOf(
  attempt: number,
  started_at: string,
  finished_at: string,
  outcome: Outcome,
): CallbackAttempt {
  const address = 'address' in outcome && outcome.address ? { address: outcome.address } : {}
  switch (outcome.kind) {
    case 'answered': {
      const { http_status, response_digest } = outcome
      const code = codeOfStatus(http_status)
      return {
        ...{ attempt, started_at, finished_at, http_status, ...address },
        outcome: code === undefined ? 'delivered' : 'failed',
        ...(code === undefined ? {} : { error_code: code }),
        ...(response_digest === undefined ? {} : { response_digest }),
      }
    }
    case 'refused':
    case 'failed':
      return {
        ...{ attempt, started_at, finished_at, ...address },
        ...{ outcome: 'failed', error_code: outcome.code },
      }
    case 'interrupted':
      return {
        ...{ attempt, started_at, ...address },
        ...{ outcome: 'unknown', error_code: 'PT-5012' satisfies CallbackCode },
      }
  }
}

/** Undefined for 2xx. */
function codeOfStatus(status: number): CallbackCode | undefined {
  if (status >= 200 && status < 300) return undefined
  if (status >= 300 && status < 400) return 'PT-5008'
  if (status === 410) return 'PT-5009'
  return status === 429 ? 'PT-5010' : 'PT-5007'
}

function now(): string {
  return new Date().toISOString()
}
