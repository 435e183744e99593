import type { Kafka } from 'kafkajs'

/** By `<topic>/<partition>`: the offset that a group takes next. */
export type Committed = ReadonlyMap<string, bigint>

/** How far a group has come; empty where it never was. @throws in an outage */
export async function committedOf(kafka: Kafka, groupId: string): Promise<Committed> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const committed = new Map<string, bigint>()
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
      for (const { partition, offset } of partitions) {
        if (BigInt(offset) >= 0n) committed.set(`${topic}/${partition}`, BigInt(offset))
      }
    }
    return committed
  } finally {
    await admin.disconnect()
  }
}

/** How many processes are in a group now. @throws in an outage */
export async function membersOf(kafka: Kafka, groupId: string): Promise<number> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const { groups } = await admin.describeGroups([groupId])
    return groups[0]?.members.length ?? 0
  } finally {
    await admin.disconnect()
  }
}
