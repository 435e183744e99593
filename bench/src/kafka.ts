import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'

export function openKafka(brokers: readonly string[], clientId: string): Kafka {
  return new Kafka({ brokers: [...brokers], clientId, logLevel: logLevel.NOTHING })
}

/** The producer settings of the product's services. */
export function makeProducer(kafka: Kafka): Producer {
  return kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    metadataMaxAge: 60_000,
  })
}

/** Calls `told` with the key of every message of a topic from now on; resolves when it listens. */
export async function listenKeys(
  kafka: Kafka,
  topic: string,
  told: (key: string) => void,
): Promise<() => Promise<void>> {
  const consumer = kafka.consumer({
    groupId: `bench-${topic}-${Date.now()}`,
    maxWaitTimeInMs: 500,
    sessionTimeout: 30_000,
  })
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve())
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: false })
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 64,
    eachBatch: async ({ batch }) => {
      for (const { key } of batch.messages) if (key) told(key.toString())
    },
  })
  await joined
  // Offsets are fetched after the join; a message before that would be passed over.
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  return () => consumer.disconnect()
}
