import type { Parked } from '@prooftrail/contracts'
import type { Work } from './round.ts'
import { NotYet, Refusal } from './service.ts'

/** A message to set aside, with everything a person needs to send it again as it was. */
export interface Parking {
  code: string
  detail: string
  value: Parked
}

/**
 * The parked form of a message: original bytes and headers (base64), where it came from, and why.
 * A `Refusal` keeps its code; anything else is PT-9005, a message that keeps failing.
 */
export function parkable(
  service: string,
  work: Pick<Work, 'input' | 'origin'>,
  error: unknown,
  doc: string | undefined,
): Parking {
  const { input, origin } = work
  const code = error instanceof Refusal || error instanceof NotYet ? error.code : 'PT-9005'
  const detail =
    error instanceof Refusal
      ? error.detail
      : error instanceof Error
        ? `${error.name}: ${error.message}`.slice(0, 1000)
        : String(error)
  const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64')
  const headers = Object.entries(origin?.headers ?? {}).map(([name, text]) => [name, base64(text)])
  const first = error instanceof Refusal ? error.firstDigest : undefined
  return {
    code,
    detail,
    value: {
      service,
      reason_code: code,
      detail,
      topic: origin?.topic ?? input.type,
      partition: origin?.partition ?? -1,
      offset: origin?.offset ?? '-1',
      ...(origin?.key === undefined ? {} : { key: base64(origin.key) }),
      ...(origin ? { value: origin.value.toString('base64') } : {}),
      headers: Object.fromEntries(headers),
      first_time: input.at,
      attempts: 1,
      ...(doc === undefined ? {} : { document: doc }),
      ...(first === undefined ? {} : { first_digest: first }),
    },
  }
}
