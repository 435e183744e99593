import type { Kafka } from 'kafkajs'

/** Where a topic of one partition begins and ends. @throws for other topics, and in an outage */
export async function topicEnds(
  kafka: Pick<Kafka, 'admin'>,
  topic: string,
): Promise<{ low: number; high: number }> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const partitions = await admin.fetchTopicOffsets(topic)
    const [one] = partitions
    if (one === undefined || partitions.length > 1) {
      throw new Error(`${topic} has ${partitions.length} partitions, not one`)
    }
    return { low: Number(one.low), high: Number(one.high) }
  } finally {
    await admin.disconnect()
  }
}
