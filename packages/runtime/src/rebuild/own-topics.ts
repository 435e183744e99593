import { type TopicName, topicFor, topics } from '@prooftrail/contracts'
import type { Kafka } from 'kafkajs'
import type { Behaviour, Emitted, Input } from '../service.ts'

/** The topics that a service's documents are made of. */
export interface OwnTopics {
  read: readonly string[]
  /** What it publishes, the topics of parked messages among it. */
  said: readonly string[]
}

type Naming = Pick<Behaviour<unknown, Input, Emitted, unknown>, 'consumes' | 'says' | 'tool'>

/** Of a topic per tool, all that there are. @throws in an outage */
export async function ownTopics(kafka: Kafka, service: Naming): Promise<OwnTopics> {
  const { consumes, says = [], tool } = service
  const perTool = says.filter((name) => topics[name].per_tool === true)
  const there = perTool.length > 0 ? await allTopics(kafka) : []
  return {
    read: consumes.map((name) => topicFor(name, tool)),
    said: [
      ...says.filter((name) => !perTool.includes(name)).map((name) => topicFor(name)),
      ...there.filter((topic) => perTool.some((name) => topic.startsWith(prefixOf(name)))),
      // beside it, what people gave up of it; a tool hears none of that
      ...(tool === undefined
        ? [topicFor('parked'), topicFor('parked.decided')]
        : [topicFor('tool.parked')]),
    ],
  }
}

function prefixOf(name: TopicName): string {
  return topics[name].template.replace(/<tool>.*$/, '')
}

async function allTopics(kafka: Kafka): Promise<string[]> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}
