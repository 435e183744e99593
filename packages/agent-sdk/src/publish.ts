import { type Codec, openCodec, topicFor, type WorkOrderSubmitted } from '@prooftrail/contracts'
import { Kafka, type KafkaConfig, logLevel, Partitioners, type Producer } from 'kafkajs'

/** Publishes signed work orders to the intake topic. */
export interface OrderPublisher {
  /** Resolves when the broker has them all (acks=-1), in order. */
  publish(...orders: WorkOrderSubmitted[]): Promise<void>
  close(): Promise<void>
}

export interface PublisherOptions {
  kafka: Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'>
  registry: { url: string; auth?: { username: string; password: string } }
  clientId?: string
}

/** Connects. @throws when the brokers or the registry cannot be reached. */
export async function openPublisher(options: PublisherOptions): Promise<OrderPublisher> {
  const codec: Codec = openCodec(options.registry)
  const kafka = new Kafka({
    ...options.kafka,
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
        messages: orders.map((order) => ({
          key: order.object.work_order_id,
          value: codec.encode('work-order.submitted', order),
        })),
      })
    },
    close: () => producer.disconnect(),
  }
}
