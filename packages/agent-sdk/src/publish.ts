import { type Codec, openCodec, topicFor, type WorkOrderSubmitted } from '@prooftrail/contracts'
import { Kafka, logLevel, Partitioners, type Producer, type SASLOptions } from 'kafkajs'
import { messageOf } from './message.ts'

/** Publishes signed work orders to the intake topic. */
export interface OrderPublisher {
  /** Resolves when the broker has them all (acks=-1), in order. */
  publish(...orders: WorkOrderSubmitted[]): Promise<void>
  close(): Promise<void>
}

type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512'

export interface PublisherOptions {
  kafka: {
    brokers: readonly string[]
    /** TLS; with the authority that signed the brokers' certificates where it is no public one (PEM). */
    ssl?: boolean | { ca: string }
    sasl?: { mechanism: SaslMechanism; username: string; password: string }
  }
  registry: { url: string; auth?: { username: string; password: string } }
  clientId?: string
}

/** Connects. @throws when the brokers or the registry cannot be reached. */
export async function openPublisher(options: PublisherOptions): Promise<OrderPublisher> {
  const codec: Codec = openCodec(options.registry)
  const kafka = new Kafka({
    brokers: [...options.kafka.brokers],
    ssl: options.kafka.ssl ?? false,
    // A union by mechanism there, one record here.
    ...(options.kafka.sasl ? { sasl: options.kafka.sasl as SASLOptions } : {}),
    clientId: options.clientId ?? 'prooftrail-agent',
    logLevel: logLevel.NOTHING,
  })
  const producer: Producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  })
  await Promise.all([producer.connect(), codec.ready(['work-order.submitted'])])
  return {
    async publish(...orders) {
      await producer.send({
        topic: topicFor('work-order.submitted'),
        acks: -1,
        messages: orders.map((order) =>
          messageOf(order, codec.encode('work-order.submitted', order)),
        ),
      })
    },
    close: () => producer.disconnect(),
  }
}
