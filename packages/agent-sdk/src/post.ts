import { setTimeout as pause } from 'node:timers/promises'
import { signRequest, type WorkOrderSubmitted } from '@prooftrail/contracts'
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { Link, type PrivateJwk } from '@prooftrail/trail'
import { canonicalize } from '@prooftrail/trail/encoding'

export interface PostOptions {
  /** Base address of the intake service. */
  intake: string
  /** The agent's private JWK: it signs the sending, and only then the answer has the task's handle. */
  key?: PrivateJwk
  /** Stop coming again after this many milliseconds; default 10 minutes. */
  timeoutMs?: number
  /** Told before each wait. */
  onWait?: (seconds: number) => void
  signal?: AbortSignal
}

export interface PostAnswer {
  /** 202: the order is on its way; 429: too many orders waited all the time; else it was refused. */
  status: number
  /** Of a 202: where to ask, and the handle to ask with where the sending was signed. */
  accepted?: AnswerOf<'POST /v1/work-orders'>
  /** Of anything else: the problem document. */
  problem?: { code: string; detail: string; [member: string]: unknown }
}

const TIMEOUT_MS = 600_000
/** How much later than asked it comes again, so that not all come at once. */
const JITTER = 0.5

/**
 * Sends a signed order to the HTTP door, for agents without Kafka. While that answers 429 it comes
 * again after `Retry-After` and up to half as much more; while it answers 503, after a second.
 * Sending an order twice is sending it once.
 * @throws TypeError when the address does not answer; the signal's reason when it aborts
 */
export async function postOrder(
  order: WorkOrderSubmitted,
  { intake, key, timeoutMs = TIMEOUT_MS, onWait = () => {}, signal }: PostOptions,
): Promise<PostAnswer> {
  const until = Date.now() + timeoutMs
  // In the form that is signed: the door checks the signature over the bytes as they stand.
  const body = canonicalize(Link.fromWire('work_order', order).toJSON())
  const url = `${intake}/v1/work-orders`
  const request = { method: 'POST', path: new URL(url).pathname, body }
  for (;;) {
    const headers = {
      'content-type': 'application/json',
      ...(key ? signRequest(request, key, Date.now()) : {}),
    }
    const answer = await fetch(url, {
      ...{ method: 'POST', headers, body },
      ...(signal ? { signal } : {}),
    })
    const said: unknown = await answer.json().catch(() => undefined)
    const { status } = answer
    const seconds = secondsToWait(answer) * (1 + JITTER * Math.random())
    const isPassing = status === 429 || status === 503
    if (isPassing && Date.now() + seconds * 1000 <= until) {
      onWait(seconds)
      await pause(seconds * 1000, undefined, signal ? { signal } : {})
      continue
    }
    // The door's README promises both shapes.
    if (status === 202) return { status, accepted: said as NonNullable<PostAnswer['accepted']> }
    return { status, problem: said as NonNullable<PostAnswer['problem']> }
  }
}

/** Whole seconds, as our door says it; a second where it says nothing or a date. */
function secondsToWait(answer: Response): number {
  const text = answer.headers.get('retry-after') ?? ''
  return /^\d{1,6}$/.test(text) ? Math.max(1, Number(text)) : 1
}
