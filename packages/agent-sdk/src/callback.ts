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
  /** An operator asks for evidence: no result is reported. */
  evidence_request?: EvidenceRequest
  /** Nobody handled the run, or its replay, in time: no result is reported. */
  expiry?: ExpiryNotice
  body?: Record<string, unknown>
}

/** What a time limit ended, and why. */
export interface ExpiryNotice {
  ends: 'run' | 'replay'
  state: string
  reason: string
  rule: string
  /** RFC 3339. */
  open_since: string
}

/** What an agent is asked for: the open evidence classes, until when, by whom, and where to add it. */
export interface EvidenceRequest {
  missing_items: string[]
  /** RFC 3339. */
  until: string
  requested_by: string
  reason?: string
  acts_url: string
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
  checkRequest(body, problems)
  if (keys) checkLinks(body.links, keys, problems)
  return {
    ok: problems.length === 0,
    problems,
    body,
    ...pick(body, 'work_order_id'),
    ...pick(body, 'event_type'),
    ...pick(body, 'result_status'),
    // whoever signed the request signed its form
    ...(body.evidence_request === undefined
      ? {}
      : { evidence_request: body.evidence_request as EvidenceRequest }),
    ...(body.expiry === undefined ? {} : { expiry: body.expiry as ExpiryNotice }),
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

/** Who asks for evidence shows the act; that a run expired shows the link that says so. */
function checkRequest(body: Record<string, unknown>, problems: CheckedCallback['problems']): void {
  const links = Array.isArray(body.links) ? body.links : []
  const shown = { evidence_request: 'recovery_request', expiry: 'expiry' }
  for (const [member, link] of Object.entries(shown)) {
    if (body[member] === undefined || links.some((one) => one?.name === link)) continue
    problems.push({ part: link, detail: 'the body carries no link for it' })
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
