/**
 * A request that its sender signed (RFC 9421): whoever saw an order somewhere can send it again,
 * but cannot sign the sending. One fixed shape of the standard, so that it is read in one way:
 * label `prooftrail`, the components below, parameters `created`, `keyid` and `alg` (`ed25519`).
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { type PrivateJwk, type PublicJwk, thumbprint } from '@prooftrail/trail'
import { CLOCK_SKEW_MS } from '@prooftrail/trail/format'

/** What is signed of a request; a request without a body signs no digest of one. */
export interface SignableRequest {
  method: string
  /** The path alone, as the service sees it. */
  path: string
  body?: string | Uint8Array
}

/** A signature that a request carries; nothing about it is known to be true yet. */
export interface RequestSignature {
  key_id: string
  /** Whole seconds. */
  created: number
  /** Whether it is this key's over the request. */
  isOf(key: PublicJwk): boolean
}

/** How far the sender's clock may be from ours, and how long a signature is good. */
const WINDOW_MS = CLOCK_SKEW_MS

const PARAMETER =
  /^(?:created=(?<created>[0-9]{1,12})|keyid="(?<keyid>[A-Za-z0-9_-]{43})"|alg="(?<alg>ed25519)")$/

/**
 * The headers that sign a request with the sender's private JWK.
 * @param now epoch milliseconds
 */
export function signRequest(
  request: SignableRequest,
  key: PrivateJwk,
  now: number,
): Record<string, string> {
  const created = Math.floor(now / 1000)
  const parameters = `${componentsOf(request)};created=${created};keyid="${thumbprint(key)}";alg="ed25519"`
  const { kty, crv, x, d } = key
  const privateKey = createPrivateKey({ key: { kty, crv, x, d }, format: 'jwk' })
  const signature = sign(null, baseOf(request, parameters), privateKey)
  return {
    ...(request.body === undefined ? {} : { 'content-digest': contentDigest(request.body) }),
    'signature-input': `prooftrail=${parameters}`,
    signature: `prooftrail=:${signature.toString('base64')}:`,
  }
}

/**
 * The signature that a request carries, taken apart: undefined where it carries none, and
 * `malformed` where it is not of the one shape, covers too little, or is not of this moment.
 * @param header the value of a header by its lower-case name
 * @param now epoch milliseconds
 */
export function readRequestSignature(
  request: SignableRequest,
  header: (name: string) => string | undefined,
  now: number,
): RequestSignature | 'malformed' | undefined {
  const [input, encoded] = [header('signature-input'), header('signature')]
  if (input === undefined && encoded === undefined) return undefined
  const components = `prooftrail=${componentsOf(request)}`
  const [, text] = /^prooftrail=:([A-Za-z0-9+/]{86}==):$/.exec(encoded ?? '') ?? []
  if (text === undefined || !input?.startsWith(`${components};`)) return 'malformed'
  if (request.body !== undefined && header('content-digest') !== contentDigest(request.body)) {
    return 'malformed'
  }
  const named = parametersOf(input.slice(components.length + 1))
  if (named === undefined) return 'malformed'
  const { created, keyid } = named
  if (Math.abs(created * 1000 - now) > WINDOW_MS) return 'malformed'
  const signed = baseOf(request, input.slice('prooftrail='.length))
  return {
    key_id: keyid,
    created,
    isOf: ({ kty, crv, x }) =>
      thumbprint({ x }) === keyid &&
      verify(
        null,
        signed,
        createPublicKey({ key: { kty, crv, x }, format: 'jwk' }),
        Buffer.from(text, 'base64'),
      ),
  }
}

function parametersOf(text: string): { created: number; keyid: string } | undefined {
  const all: Record<string, string> = {}
  const parts = text.split(';')
  for (const part of parts) Object.assign(all, definedOf(PARAMETER.exec(part)?.groups ?? {}))
  const { created, keyid, alg } = all
  if (parts.length !== 3 || !created || !keyid || !alg) return undefined
  return { created: Number(created), keyid }
}

function definedOf(groups: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

function componentsOf({ body }: SignableRequest): string {
  return body === undefined ? '("@method" "@path")' : '("@method" "@path" "content-digest")'
}

/** The signature base (RFC 9421, section 2.5). */
function baseOf({ method, path, body }: SignableRequest, parameters: string): Buffer {
  const lines = [`"@method": ${method}`, `"@path": ${path}`]
  if (body !== undefined) lines.push(`"content-digest": ${contentDigest(body)}`)
  return Buffer.from([...lines, `"@signature-params": ${parameters}`].join('\n'))
}

/** RFC 9530. */
function contentDigest(body: string | Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
}
