import { type TopicName, topicFor } from '@prooftrail/contracts'
import type { Host } from '@prooftrail/runtime'
import type { Offsets, Topics } from './projection-age.ts'

/** The console's topics, asked over one connection that is opened when somebody first asks. */
export function openTopics(
  kafka: Host['kafka'],
  group: string,
  names: readonly TopicName[],
): Topics & { stop(): Promise<void> } {
  const topics = names.map((name) => topicFor(name))
  let connecting: Promise<ReturnType<Host['kafka']['admin']>> | undefined

  function connected() {
    connecting ??= (async () => {
      const admin = kafka.admin()
      await admin.connect()
      return admin
    })().catch((error: unknown) => {
      connecting = undefined
      throw error
    })
    return connecting
  }

  return {
    async ends(): Promise<Offsets> {
      const admin = await connected()
      const all = await Promise.all(
        topics.map(async (topic) => {
          const partitions = await admin.fetchTopicOffsets(topic)
          // of a partition that is empty nothing is to be read, wherever it begins
          const filled = partitions.filter(({ low, high }) => low !== high)
          return filled.map(
            ({ partition, high }) => [keyOf(topic, partition), Number(high)] as const,
          )
        }),
      )
      return new Map(all.flat())
    },
    async committed(): Promise<Offsets> {
      const admin = await connected()
      const all = await admin.fetchOffsets({ groupId: group, topics })
      return new Map(
        all.flatMap(({ topic, partitions }) =>
          partitions.map(({ partition, offset }) => [keyOf(topic, partition), Number(offset)]),
        ),
      )
    },
    async stop() {
      const admin = await connecting?.catch(() => undefined)
      await admin?.disconnect()
    },
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}
