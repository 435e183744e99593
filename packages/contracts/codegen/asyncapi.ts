/** schemas/asyncapi.json: the catalogue as an AsyncAPI 3.0 document with Kafka bindings. */
import { type Catalogue, expand, type TopicFile } from './catalogue.ts'

const AVRO = 'application/vnd.apache.avro;version=1.9.0'
const DAY_MS = 86_400_000

/** The text of the document. */
export function asyncApiDocument(catalogue: Catalogue): string {
  const channels = catalogue.topics.map((topic) => [nameOf(topic), channelOf(topic)])
  const operations = catalogue.topics.flatMap(operationsOf)
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Prooftrail',
      version: '1.0.0',
      description:
        'Signed work orders in, verifiable trails out. Every value is 0x00, a schema id of 4 bytes (big-endian), Avro; headers are CloudEvents 1.0 in Kafka binary mode.',
    },
    defaultContentType: 'application/vnd.apache.avro',
    channels: Object.fromEntries(channels),
    operations: Object.fromEntries(operations),
    components: {
      messages: Object.fromEntries(
        catalogue.topics.map((topic) => [topic.record.name, messageOf(topic, catalogue)]),
      ),
    },
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function nameOf({ record }: TopicFile): string {
  return record.name.charAt(0).toLowerCase() + record.name.slice(1)
}

function channelOf({ meta, record }: TopicFile): object {
  const parameters = { tool: { description: 'The name of the tool.' } }
  return {
    address: meta.topic.replace('<tool>', '{tool}'),
    description: record.doc,
    ...(meta.per_tool === true ? { parameters } : {}),
    messages: { [record.name]: { $ref: `#/components/messages/${record.name}` } },
    bindings: {
      kafka: {
        topic: meta.topic,
        ...(meta.partitions === undefined ? {} : { partitions: meta.partitions }),
        topicConfiguration: {
          'cleanup.policy': [meta.compacted === true ? 'compact' : 'delete'],
          'retention.ms':
            meta.retention === 'forever' ? -1 : Number.parseInt(meta.retention, 10) * DAY_MS,
          'max.message.bytes': meta.max_message_bytes,
          'compression.type': 'uncompressed',
          'message.timestamp.type': 'LogAppendTime',
        },
        bindingVersion: '0.5.0',
      },
    },
  }
}

function operationsOf(topic: TopicFile): [string, object][] {
  const channel = { $ref: `#/channels/${nameOf(topic)}` }
  const operation =
    (action: 'send' | 'receive') =>
    (party: string): [string, object] => [
      `${party}${action === 'send' ? 'Sends' : 'Receives'}${topic.record.name}`,
      { action, channel, summary: `${party}: ${topic.record.doc ?? topic.name}` },
    ]
  return [
    ...topic.meta.writers.map(operation('send')),
    ...topic.meta.readers.map(operation('receive')),
  ]
}

function messageOf({ meta, record }: TopicFile, { shared }: Catalogue): object {
  return {
    name: record.name,
    title: record.doc,
    contentType: 'application/vnd.apache.avro',
    payload: { schemaFormat: AVRO, schema: expand(record, shared) },
    bindings: {
      kafka: {
        key: { type: 'string', description: `the value's ${meta.key}` },
        schemaIdLocation: 'payload',
        schemaIdPayloadEncoding: 'confluent',
        bindingVersion: '0.5.0',
      },
    },
  }
}
