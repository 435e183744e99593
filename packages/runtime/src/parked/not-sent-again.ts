import type { ParkedDecided } from '@prooftrail/contracts'
import type { Parking } from '../rounds/park.ts'
import type { Refusal } from '../service.ts'

/** The parked form of a message that could not be sent again: the same entry, open again. */
export function notSentAgain(
  { service, topic, partition, offset, input, document, number, decided_at }: ParkedDecided,
  { code, detail }: Refusal,
): Parking {
  return {
    input,
    at: decided_at,
    value: {
      ...{ service, reason_code: code, detail, topic, partition, offset },
      ...{ headers: {}, first_time: decided_at, attempts: 1, input, sent_again: number },
      ...(document === undefined ? {} : { document }),
    },
  }
}
