import { compileOwn, type PublicKey, TOOL_NAME } from '@prooftrail/contracts'
import type { Fault } from './codes.ts'
import { readBody, readKey } from './read-body.ts'

const text = { type: 'string', maxLength: 200 } as const

const isRegistration = compileOwn({
  type: 'object',
  required: ['tool', 'public_key'],
  properties: { tool: text, public_key: { type: 'object' } },
  additionalProperties: false,
} as const)

const isRevocation = compileOwn({
  type: 'object',
  required: ['key_id', 'reason'],
  properties: { key_id: text, reason: { ...text, minLength: 1 } },
  additionalProperties: false,
} as const)

const isRetirement = compileOwn({
  type: 'object',
  required: ['retired'],
  properties: { retired: { type: 'boolean' }, reason: text },
  additionalProperties: false,
} as const)

/** The body of `POST /v1/tools`: a tool's name and a key that speaks for it. */
export function receiveTool(body: Uint8Array): { tool: string; key: PublicKey } | { fault: Fault } {
  const read = readBody<{ tool: string; public_key: Record<string, unknown> }>(
    body,
    isRegistration,
    'PT-1059',
  )
  if ('fault' in read) return read
  const { tool, public_key } = read.value
  if (!TOOL_NAME.test(tool)) {
    return { fault: { code: 'PT-1059', detail: `tool: '${tool}' is no tool's name` } }
  }
  const key = readKey(public_key, 'PT-1059')
  return 'fault' in key ? key : { tool, key: key.key }
}

/** The body of `POST …/revoke` of an agent or a tool. */
export function receiveRevocation(
  body: Uint8Array,
): { value: { key_id: string; reason: string } } | { fault: Fault } {
  return readBody(body, isRevocation, 'PT-1059')
}

/** The body of `POST /v1/tools/:name/retire`. */
export function receiveRetirement(
  body: Uint8Array,
): { value: { retired: boolean; reason?: string } } | { fault: Fault } {
  return readBody(body, isRetirement, 'PT-1059')
}
