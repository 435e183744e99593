import type { KafkaAddress } from '@prooftrail/stack'
import { type Admin, Kafka, logLevel, type SASLOptions } from 'kafkajs'

/** A client of the brokers at an address, with the credentials that it names. */
export function kafkaAt({ brokers, ssl, sasl }: KafkaAddress, clientId: string): Kafka {
  return new Kafka({
    ...{ clientId, brokers, logLevel: logLevel.NOTHING },
    ...(ssl === undefined ? {} : { ssl }),
    // A union by mechanism there, one record here.
    ...(sasl ? { sasl: sasl as SASLOptions } : {}),
  })
}

/** Does the work with an admin client, and closes it whatever came of it. */
export async function withAdmin<T>(
  address: KafkaAddress,
  clientId: string,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafkaAt(address, clientId).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}
