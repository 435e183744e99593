import { type KeySet, Link } from '@prooftrail/trail'
import { digestOf, digestOfBytes, parseStrict } from '@prooftrail/trail/encoding'
import { keyCountsFor } from '@prooftrail/trail/format'
import { Webhook } from 'standardwebhooks'

/** A callback as it was received: raw body bytes, header names in any case. */
export interface ReceivedCallback {
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Uint8Array
}

export interface CheckedCallback {
  ok: boolean
  /** Every fault found, each with the part that failed. */
  problems: { part: string; detail: string }[]
  work_order_id?: string
  event_type?: string
  result_status?: string
  body?: Record<string, unknown>
}

/**
 * Checks a received callback alone: time and HMAC by Standard Webhooks, the hash header, and every
 * link in it (digest, signature, role) by the deployment's keys. Never throws for what was received.
 * @param secret the agent's `whsec_…`, handed out once at registration
 * @param keys `keys.json`; without it the links' signatures are not checked
 */
export function checkCallback(
  received: ReceivedCallback,
  secret: string,
  keys?: KeySet,
): CheckedCallback {
  const problems: CheckedCallback['problems'] = []
  const headers = lowerCase(received.headers)
  const text = new TextDecoder().decode(received.body)
  try {
    new Webhook(secret).verify(text, headers)
  } catch (error) {
    problems.push({ part: 'webhook-signature', detail: String(error) })
  }
  if (headers['prooftrail-callback-hash'] !== digestOfBytes(received.body)) {
    problems.push({ part: 'prooftrail-callback-hash', detail: 'is not the digest of the body' })
  }
  const body = parseBody(received.body, problems)
  if (!body) return { ok: false, problems }
  checkObjects(body, problems)
  if (keys) checkLinks(body.links, keys, problems)
  return {
    ok: problems.length === 0,
    problems,
    body,
    ...pick(body, 'work_order_id'),
    ...pick(body, 'event_type'),
    ...pick(body, 'result_status'),
  }
}

function parseBody(
  bytes: Uint8Array,
  problems: CheckedCallback['problems'],
): Record<string, unknown> | undefined {
  try {
    const value = parseStrict(bytes)
    if (typeof value === 'object' && value !== null) return { ...value }
    problems.push({ part: 'body', detail: 'is not a JSON object' })
  } catch (error) {
    problems.push({ part: 'body', detail: String(error) })
  }
  return undefined
}

/** What the body says in plain members is what its links say, and the result is never unproved. */
function checkObjects(body: Record<string, unknown>, problems: CheckedCallback['problems']): void {
  const links = Array.isArray(body.links) ? body.links : []
  const leftOut = Array.isArray(body.left_out) ? body.left_out : []
  for (const name of ['result_contract', 'usage_receipt']) {
    const link = links.find((one) => one?.name === name)
    if (!link && !leftOut.includes(`links/${name}`)) {
      problems.push({ part: name, detail: 'the body carries no link for it' })
    } else if (link && body[name] !== undefined && digestOf(body[name]) !== link.digest) {
      problems.push({ part: name, detail: 'the object beside its link is another' })
    }
  }
}

function checkLinks(links: unknown, keys: KeySet, problems: CheckedCallback['problems']): void {
  for (const link of Array.isArray(links) ? links : []) {
    const name = String(link?.name)
    try {
      // fromEnvelope checks the form and the digest of whatever it is given.
      const parsed = Link.fromEnvelope(link.envelope)
      if (parsed.kind !== name || parsed.digest !== link.digest) {
        problems.push({ part: name, detail: 'the envelope holds another object' })
        continue
      }
      const { issued_at: issuedAt, requested_tool: tool } = parsed.object
      const key = keys.keys.find((one) => one.kid === parsed.key_id)
      if (!key || keyCountsFor(parsed.kind, key, { issuedAt, tool }).fault !== undefined) {
        problems.push({ part: name, detail: `key ${parsed.key_id} does not count for it` })
      } else if (!parsed.isSignedBy(key)) {
        problems.push({ part: name, detail: 'wrong signature' })
      }
    } catch (error) {
      problems.push({ part: name, detail: String(error) })
    }
  }
}

function pick<N extends string>(body: Record<string, unknown>, name: N): { [K in N]?: string } {
  const value = body[name]
  const found: { [K in N]?: string } = {}
  if (typeof value === 'string') found[name] = value
  return found
}

function lowerCase(headers: ReceivedCallback['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value ?? '')]),
  )
}
