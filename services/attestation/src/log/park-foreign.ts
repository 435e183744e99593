import { type EventTypes, topicFor } from '@prooftrail/contracts'
import type { Host } from '@prooftrail/runtime'
import type { ForeignMessage } from './integrate.ts'

/** Sets messages aside that got no index, as they were. */
export async function parkForeign(host: Host, messages: readonly ForeignMessage[]): Promise<void> {
  const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64')
  await host.producer.send({
    topic: topicFor('parked'),
    acks: -1,
    messages: messages.map(({ partition, offset, key, value, headers, at, code, detail }) => {
      const parked: EventTypes['parked'] = {
        service: 'attestation',
        reason_code: code,
        detail,
        topic: topicFor('ledger.appended'),
        partition,
        offset,
        ...(key === null ? {} : { key: base64(key) }),
        value: base64(value),
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, text]) => [name, base64(text)]),
        ),
        first_time: at,
        attempts: 1,
      }
      return { key: null, value: host.codec.encode('parked', parked) }
    }),
  })
}
