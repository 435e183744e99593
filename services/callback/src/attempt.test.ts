import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { effectOf, makeAttempt, recordOf } from './attempt.ts'
import { contextAt, keyFor, receiptInput } from './callback.fixtures.ts'
import type { Deliver, Outcome } from './deliver.ts'
import { initial } from './evolve.ts'
import { makePerReceiverLimit } from './per-receiver-limit.ts'
import { callback } from './service.ts'
import { agentSecret } from './sign.ts'

const master = Buffer.alloc(32, 7)
const secrets = { current: master, versions: new Map<string, number>() }
const signal = new AbortController().signal

/** The effect of a first attempt that begins now. */
function firstAttempt() {
  const events = callback.decide(initial, receiptInput(), contextAt(new Date().toISOString()))
  const effect = events.map(effectOf).find((one) => one !== undefined)
  if (!effect) throw new Error('no attempt was started')
  return effect
}

function attempting(outcome: Outcome, options: { waitMs?: number } = {}) {
  const posts: { url: string; headers: Record<string, string>; body: string }[] = []
  const deliver: Deliver = {
    post: async (url, headers, body) => {
      posts.push({ url, headers, body })
      return outcome
    },
    close: async () => {},
  }
  const limit = makePerReceiverLimit({ places: 1, queue: 0, waitMs: options.waitMs ?? 30_000 })
  return { posts, run: makeAttempt({ deliver, limit, secrets, key: keyFor('webhook') }) }
}

const answered = (http_status: number, more: { retry_after?: string } = {}): Outcome => ({
  ...{ kind: 'answered', http_status, address: '192.0.2.1', response_digest: 'sha256:00' },
  ...more,
})

describe('one attempt', () => {
  test('sends the kept body to the address, signed so that a foreign library verifies it', async () => {
    const { posts, run } = attempting(answered(200))
    const effect = firstAttempt()
    await run(effect, signal)
    const [post] = posts
    if (!post) throw new Error('nothing was sent')
    expect(post.url).toBe('https://agent.example/hook')
    expect(post.body).toBe(effect.started.payload.body)
    const secret = agentSecret(master, 'agent-a', 1)
    expect(new Webhook(secret).verify(post.body, post.headers)).toMatchObject({
      payload_type: 'agent_callback_payload',
    })
    expect(post.headers['webhook-id']).toBe(effect.started.callback_event_id)
    expect(post.headers['prooftrail-callback-hash']).toBe(effect.started.callback_hash)
  })

  test('its outcome is an input of the same attempt, with its own times', async () => {
    const { run } = attempting(answered(200))
    const effect = firstAttempt()
    const input = await run(effect, signal)
    expect(input).toMatchObject({
      id: `outcome:${effect.id}`,
      type: 'attempt.finished',
      data: {
        callback_event_id: effect.started.callback_event_id,
        begun_at: effect.started.begun_at,
        record: { attempt: 1, outcome: 'delivered', http_status: 200, address: '192.0.2.1' },
      },
    })
  })

  test('without a place it is put off, and nothing is sent', async () => {
    const { posts, run } = attempting(answered(200), { waitMs: -1 })
    const effect = firstAttempt()
    const input = await run(effect, signal)
    expect(input).toMatchObject({
      type: 'attempt.postponed',
      data: { attempt: 1, begun_at: effect.started.begun_at },
    })
    expect(posts).toHaveLength(0)
  })

  test('stopped before anything was sent it is put off; afterwards it is unknown', async () => {
    const before = await attempting({ kind: 'interrupted' }).run(firstAttempt(), signal)
    expect(before.type).toBe('attempt.postponed')
    const outcome: Outcome = { kind: 'interrupted', address: '192.0.2.1' }
    const after = await attempting(outcome).run(firstAttempt(), signal)
    expect(after).toMatchObject({ data: { record: { outcome: 'unknown', error_code: 'PT-5012' } } })
  })

  test('a Retry-After comes along', async () => {
    const retry_after = '2026-01-01T01:00:00.000Z'
    expect(
      await attempting(answered(429, { retry_after })).run(firstAttempt(), signal),
    ).toMatchObject({
      data: { retry_after },
    })
  })
})

describe('the record of an attempt', () => {
  test.each([
    [200, 'delivered', undefined],
    [204, 'delivered', undefined],
    [301, 'failed', 'PT-5008'],
    [400, 'failed', 'PT-5007'],
    [410, 'failed', 'PT-5009'],
    [429, 'failed', 'PT-5010'],
    [503, 'failed', 'PT-5007'],
  ])('%i: %s %s', (status, outcome, code) => {
    const record = recordOf(2, 'a', 'b', answered(status))
    expect(record).toMatchObject({ attempt: 2, outcome, http_status: status })
    expect(record.error_code).toBe(code)
  })

  test('a refused address has a code and no status', () => {
    const record = recordOf(1, 'a', 'b', { kind: 'refused', code: 'PT-5002', detail: 'x' })
    expect(record).toEqual({
      ...{ attempt: 1, started_at: 'a', finished_at: 'b' },
      ...{ outcome: 'failed', error_code: 'PT-5002' },
    })
  })
})
